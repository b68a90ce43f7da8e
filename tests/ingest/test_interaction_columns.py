"""Columns store what rows store: the same documents, the same outcomes, whatever is in them."""

from datetime import UTC, datetime

import polars as pl
import pytest

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType
from seggql.ingest.define_types import define_interaction_type, define_profile_type
from seggql.ingest.interaction_columns import record_interaction_columns
from seggql.ingest.interactions import record_interactions
from seggql.ingest.outcome import IngestOutcome
from seggql.store.hub import Document, Hub

TYPES = {
    "flag": AttributeType.BOOLEAN,
    "small": AttributeType.INT,
    "large": AttributeType.LONG,
    "amount": AttributeType.DOUBLE,
    "note": AttributeType.STRING,
    "seen": AttributeType.DATETIME,
}
AT = datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=UTC)
EARLY = datetime(1931, 5, 4, 3, 2, 1, 987654, tzinfo=UTC)

PLAIN: dict[str, list[object]] = {
    "id": ["a", "b", "c"],
    "timestamp": [AT, EARLY, AT],
    "Bought_Buyer": ["ann", "bob", "ann"],
    "Bought_Thing": ["x", "x", "ł"],
    "flag": [True, False, True],
    "small": [1, -(2**31), 2**31 - 1],
    "large": [5, -(2**63), 2**63 - 1],
    "amount": [0.5, -1e300, 3.0],
    "note": ["", "Łódź 🏙", "$where\0"],
    "seen": [AT, EARLY, EARLY],
}


@pytest.fixture
async def world(hub: Hub) -> Hub:
    """A hub with one interaction type under two names, to write the same rows both ways."""
    for name in ("Buyer", "Thing"):
        await define_profile_type(hub, ProfileType(name=name))
    for name in ("ByRows", "ByColumns"):
        bought = InteractionType(
            name=name,
            links=(Link(name="Bought_Buyer", profile_type="Buyer"), Link(name="Bought_Thing", profile_type="Thing")),
            attributes=tuple(Attribute(name=attribute, type=type_) for attribute, type_ in TYPES.items()),
        )
        await define_interaction_type(hub, bought)
    return hub


def rows_of(table: pl.DataFrame) -> list[dict[str, object]]:
    """The table as rows of `recordInteractions`."""
    return [
        {name: row[name] for name in ("id", "timestamp") if name in row}
        | {"links": {name: key for name, key in row.items() if name.startswith("Bought_")}}
        | {"attributes": {name: value for name, value in row.items() if name in TYPES or name == "unknown"}}
        for row in table.to_dicts()
    ]


async def documents(hub: Hub, type_: str) -> list[Document]:
    """What is stored, apart from the batch."""
    return [row async for row in hub.collection(f"interactions.{type_}").find({}, {"b": 0}).sort("_id")]


async def both_ways(hub: Hub, table: pl.DataFrame) -> IngestOutcome:
    """Store the table by rows and by columns, and see that nothing differs; the outcome."""
    by_rows = await record_interactions(hub, "ByRows", rows_of(table))
    by_columns = await record_interaction_columns(hub, "ByColumns", table)
    assert by_columns == by_rows
    stored = await documents(hub, "ByColumns")
    assert stored == await documents(hub, "ByRows")
    kinds = [{name: type(value) for name, value in row["a"].items()} for row in stored]
    assert kinds == [{name: type(value) for name, value in row["a"].items()} for row in await documents(hub, "ByRows")]
    return by_columns


async def test_plain_columns_are_stored_as_rows_are(world: Hub) -> None:
    outcome = await both_ways(world, pl.DataFrame(PLAIN))
    assert (outcome.received, outcome.stored) == (3, 3)


async def test_missing_values_are_left_out(world: Hub) -> None:
    gaps = {name: [values[0], None, values[2]] if name in TYPES else values for name, values in PLAIN.items()}
    assert (await both_ways(world, pl.DataFrame(gaps))).stored == 3


IRREGULAR: dict[str, dict[str, list[object]]] = {
    "a number too large for its type": {"small": [1, 2**31, 3]},
    "text for a number": {"small": ["1", "2", "3"]},
    "a number for a text": {"note": [1, 2, 3]},
    "no number": {"amount": [1.0, float("nan"), float("inf")]},
    "whole numbers for a double": {"amount": [1, 2, 3]},
    "an id twice": {"id": ["a", "a", "c"]},
    "an id missing": {"id": ["a", None, "c"]},
    "an empty key": {"Bought_Buyer": ["ann", "", "bob"]},
    "a key with NUL": {"Bought_Buyer": ["ann", "b\0b", "bob"]},
    "a key that is too long": {"Bought_Buyer": ["ann", "b" * 1_001, "bob"]},
    "a link missing": {"Bought_Buyer": ["ann", None, "bob"]},
    "a timestamp missing": {"timestamp": [AT, None, AT]},
    "a timestamp as text": {"timestamp": ["2026-05-04T03:02:01Z", "yesterday", "2026-05-04"]},
    "an attribute that is not known": {"unknown": [1, 2, 3]},
}


@pytest.mark.parametrize("case", IRREGULAR)
async def test_irregular_columns_have_the_outcome_of_rows(world: Hub, case: str) -> None:
    table = pl.DataFrame(PLAIN | IRREGULAR[case], strict=False)
    # Ids that the hub makes up differ; the rows without one are counted alike.
    if case == "an id missing":
        assert (await record_interaction_columns(world, "ByColumns", table)).stored == 3
        return
    await both_ways(world, table)


async def test_columns_that_come_again_are_unchanged_and_other_values_are_rejected(world: Hub) -> None:
    await both_ways(world, pl.DataFrame(PLAIN))
    assert (await both_ways(world, pl.DataFrame(PLAIN))).unchanged == 3
    outcome = await both_ways(world, pl.DataFrame(PLAIN | {"small": [1, 0, 0]}))
    assert (outcome.unchanged, outcome.rejected) == (1, 2)
    assert [rejection.code.value for rejection in outcome.rejections] == ["ID_CONFLICT", "ID_CONFLICT"]


async def test_a_row_that_is_stored_makes_no_profile(world: Hub) -> None:
    await both_ways(world, pl.DataFrame(PLAIN))
    await both_ways(world, pl.DataFrame(PLAIN | {"Bought_Buyer": ["new", "new", "new"]}))
    assert await world.collection("keys.Buyer").find_one({"_id": "new"}) is None


async def test_a_few_stored_rows_in_a_long_chunk_are_found_out(world: Hub) -> None:
    ids = [f"id-{number:03}" for number in range(200)]
    table = pl.DataFrame({"id": ids, "small": range(200)}).with_columns(
        timestamp=pl.lit(AT), Bought_Buyer=pl.lit("ann")
    )
    same, other = table.slice(7, 1), table.slice(101, 1).with_columns(small=pl.lit(0, dtype=pl.Int64))
    await both_ways(world, pl.concat([same, other], how="diagonal"))
    outcome = await both_ways(world, table)
    assert (outcome.stored, outcome.unchanged, outcome.rejected) == (198, 1, 1)
    assert outcome.rejections[0].index == 101
