"""`seggql dev`: MongoDB, API, worker and scheduler of one machine, started together and stopped together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread

from rich.console import Console

from seggql.dev.mongod import Mongod, cache_here_gb, running_mongod
from seggql.dev.options import DevOptions
from seggql.dev.place import taken
from seggql.dev.welcome import tell_start, tell_stop
from seggql.http.listen import open_socket
from seggql.settings import Settings


def run_dev(settings: Settings, options: DevOptions, console: Console) -> None:
    """Run until Ctrl-C (SIGINT) or SIGTERM, then stop every process that was started.

    Raises: UnavailableError where the folder or the port is taken, or MongoDB is missing, does not start, or ends.
    """
    try:
        with taken(options.data_dir) as folder, open_socket(settings) as listening:
            tell_start(console, folder)
            with _importing(), _mongodb(settings, folder) as mongod:
                from seggql.dev.compose import run_together

                here = _settled(settings, folder, mongod)
                asyncio.run(run_together(here, options, listening, mongod, console))
    except KeyboardInterrupt:
        pass
    tell_stop(console)


@contextmanager
def _importing() -> Iterator[None]:
    """Import everything meanwhile: that takes as long as MongoDB takes to start.

    Arrow is first imported here, by the main thread: where the thread that did so has ended, pyarrow 25.0.0 crashes
    on the first allocation of another one. Source: apache/arrow#50471.
    """
    import_module("pyarrow")
    thread = Thread(target=_import_everything)
    thread.start()
    try:
        yield
    finally:
        thread.join()  # imports must not go on while the interpreter ends


def _import_everything() -> None:
    with suppress(ImportError):  # whoever needs it meets the error again
        import_module("seggql.dev.compose")


@contextmanager
def _mongodb(settings: Settings, folder: Path) -> Iterator[Mongod | None]:
    """A mongod of our own, or None where the settings name one that is there."""
    if "mongodb_uri" in settings.model_fields_set:
        yield None
        return
    with running_mongod(folder, cache_gb=cache_here_gb()) as mongod:
        yield mongod


def _settled(settings: Settings, folder: Path, mongod: Mongod | None) -> Settings:
    """The settings with what this start decided."""
    decided: dict[str, object] = {}
    if mongod is not None:
        decided["mongodb_uri"] = mongod.uri
    if "export_dir" not in settings.model_fields_set:
        decided["export_dir"] = folder / "exports"
    return settings.model_copy(update=decided)
