"""Fixtures of pairs of text: a query, and below a line of four equals signs what comes of it."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

FIXTURES = Path(__file__).parent / "fixtures"
BETWEEN_PAIRS = "\n\n####\n"
BETWEEN_TEXTS = "\n====\n"

UPDATE = "SEGGQL_UPDATE_FIXTURES"
"""Set to 1, tests write what comes of each query instead of comparing; read the difference before keeping it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One query of a file and what is expected of it."""

    file: Path
    number: int
    query: str
    expected: str


def pairs_in(folder: str) -> list[ParameterSet]:
    """The pairs of every file in a folder of the fixtures, as parameters of a test."""
    pairs = []
    for file in sorted((FIXTURES / folder).glob("*.txt")):
        for number, text in enumerate(file.read_text().strip().split(BETWEEN_PAIRS)):
            query, _, expected = f"{text.strip()}\n".partition(BETWEEN_TEXTS)
            pair = Pair(file, number, query, expected.strip())
            pairs.append(pytest.param(pair, id=f"{file.stem}-{number + 1}"))
    return pairs


def check(pair: Pair, actual: str) -> None:
    """Compares, or writes when that is asked for."""
    if os.environ.get(UPDATE) == "1":
        _write(pair, actual)
    else:
        assert actual == pair.expected


def _write(pair: Pair, actual: str) -> None:
    texts = pair.file.read_text().strip().split(BETWEEN_PAIRS)
    texts[pair.number] = f"{pair.query}{BETWEEN_TEXTS}{actual}"
    pair.file.write_text(BETWEEN_PAIRS.join(text.strip() for text in texts) + "\n")
