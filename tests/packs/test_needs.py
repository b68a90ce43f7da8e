"""Needs: the columns that queries read, of profiles, interactions and edges."""

import pytest

from seggql.packs.needs import needs_of, united
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.scope import Scope
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from tests.ingest.world import define_world

CONTACTS, PURCHASES, KNOWS = "profiles.Contact", "interactions.Purchase", "relationships.Knows"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("PROFILE(Contact)", {CONTACTS: {"_id"}}),
        ("PROFILE(Contact).FILTER(Age > 3 OR NOT ISNULL(Address))", {CONTACTS: {"_id", "a.Age", "a.Address"}}),
        ("PROFILE(Contact).FILTER(Address.City == 'x' AND Key != 'k')", {CONTACTS: {"_id", "key", "a.Address.City"}}),
        ("PROFILE(Contact).FILTER(ANY(Tags, VALUE == 'x'))", {CONTACTS: {"_id", "a.Tags"}}),
        (
            "INTERACTION(Purchase, Buyer).FILTER(Note == 'x').HAVING(SUM(Amount) > 1, UTCDAYS(30))",
            {PURCHASES: {"t", "l.Buyer", "a.Note", "a.Amount"}},
        ),
        (
            "PROFILE(Contact).FILTER(Score > 1).TRAVERSE(Knows, FILTER(Since > 2020))"
            " EXCEPT INTERACTION(Purchase, Buyer)",
            {CONTACTS: {"_id", "a.Score"}, KNOWS: {"f", "t", "a.Since"}, PURCHASES: {"t", "l.Buyer"}},
        ),
    ],
)
async def test_what_a_query_reads_is_needed(hub: Hub, query: str, expected: dict[str, set[str]]) -> None:
    await define_world(hub)
    scope = Scope(catalog=await load_catalog(hub), segments={}, output_type="Contact", segment_name=None)
    bound = compile_query(query, scope, Limits.of(Settings()))
    assert needs_of([bound.set]) == expected


def test_needs_add_up() -> None:
    one, other = {"a": frozenset("x")}, {"a": frozenset("y"), "b": frozenset("z")}
    assert united([one, other]) == {"a": {"x", "y"}, "b": {"z"}}
