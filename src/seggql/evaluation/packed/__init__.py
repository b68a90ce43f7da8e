"""Evaluates operators over packs, and over the documents of what packs do not cover."""
