"""The command `seggql`: one short file a command; nothing heavy is imported before a command needs it."""

from seggql.cli.app import main

__all__ = ["main"]
