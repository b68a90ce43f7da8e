"""PCRE's search without regard to case is simple case folding for every text that is handed to it."""

import pytest

from seggql.mongo.exactness import folds_alike
from seggql.store.hub import Hub
from tests.reference.interpreter import simple_folded

LAST = 0x1FFFF
"""Beyond the first two planes there are no letters with case."""

ASCII = [chr(code) for code in range(1, 128)]


@pytest.fixture
async def all_of_unicode(hub: Hub) -> None:
    """Every code point that any letter case touches, a document each; the rest of Unicode in documents of 4,096."""
    characters = [chr(code) for code in range(1, LAST + 1) if not 0xD800 <= code <= 0xDFFF]
    cased = [c for c in characters if {c.lower(), c.upper(), c.casefold(), c.title()} != {c}]
    uncased = "".join(sorted(set(characters) - set(cased) - set(ASCII)))
    texts = {*cased, *ASCII, *(uncased[start : start + 4096] for start in range(0, len(uncased), 4096))}
    await hub.collection("texts").insert_many([{"s": text} for text in sorted(texts)])


@pytest.mark.usefixtures("all_of_unicode")
async def test_every_ascii_character_without_k_and_s_folds_in_pcre_as_in_the_language(hub: Hub) -> None:
    folded = {row["s"]: simple_folded(row["s"]) async for row in hub.collection("texts").find()}
    for character in filter(folds_alike, ASCII):
        query = {"s": {"$regex": rf"\x{ord(character):02x}", "$options": "i"}}
        found = {row["s"] async for row in hub.collection("texts").find(query)}
        expected = {text for text, fold in folded.items() if simple_folded(character) in fold}
        assert found == expected, character


def test_k_and_s_and_whatever_is_not_ascii_are_left_to_the_worker() -> None:
    assert [text for text in ("k", "K", "Is", "é", "\u0130") if folds_alike(text)] == []
