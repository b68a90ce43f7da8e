import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.errors import InvariantError, RequestError
from seggql.ingest.deletion import sweep_batches
from seggql.ingest.outcome import IngestOutcome, RejectionCode
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.reading import CHUNK_ROWS, Reading
from seggql.store import profiles as profiles_store
from seggql.store.bitmaps import from_binary
from seggql.store.hub import Hub
from tests.ingest.world import assert_keys_and_profiles_agree, contact, contacts, define_world, documents


class DeathError(Exception):
    """The writer's process ends here."""


def counts(outcome: IngestOutcome) -> tuple[int, int, int, int]:
    return outcome.received, outcome.stored, outcome.unchanged, outcome.rejected


async def test_a_new_key_makes_a_profile_and_the_same_again_changes_nothing(hub: Hub) -> None:
    await define_world(hub)
    rows = [contact("ann", Age=30, Tags=["a", "b"], Address={"City": "Oslo"}), contact("bob")]
    assert counts(await upsert_profiles(hub, "Contact", rows)) == (2, 2, 0, 0)
    before = await documents(hub, "profiles.Contact")
    assert counts(await upsert_profiles(hub, "Contact", rows)) == (2, 0, 2, 0)
    assert await documents(hub, "profiles.Contact") == before
    assert [document["_id"] for document in before] == [0, 1]
    assert len(await documents(hub, "batches")) == 1


async def test_top_level_attributes_merge_and_null_unsets(hub: Hub) -> None:
    await define_world(hub)
    await upsert_profiles(hub, "Contact", [contact("ann", Age=30, Name="Ann", Address={"City": "Oslo", "Zip": 1})])
    await upsert_profiles(hub, "Contact", [contact("ann", Age=None, Score=1, Address={"City": "Bergen", "Zip": None})])
    assert await contacts(hub) == {"ann": {"Name": "Ann", "Score": 1.0, "Address": {"City": "Bergen"}}}
    assert counts(await upsert_profiles(hub, "Contact", [contact("ann", Age=None)])) == (1, 0, 1, 0)


async def test_a_duplicate_key_in_one_batch_merges_in_order(hub: Hub) -> None:
    await define_world(hub)
    rows = [contact("ann", Age=1), contact("ann", Age=2, Name="Ann"), contact("ann", Age=2), contact("ann", Name=None)]
    assert counts(await upsert_profiles(hub, "Contact", rows)) == (4, 3, 1, 0)
    assert await contacts(hub) == {"ann": {"Age": 2}}


async def test_a_duplicate_key_far_away_in_one_batch_merges_in_order_too(hub: Hub) -> None:
    await define_world(hub)
    rows = [contact(f"k{n}", Age=n) for n in range(CHUNK_ROWS)]
    rows += [contact("k0", Age=-1), contact("new", Age=1), contact("k0", Age=-2)]
    assert counts(await upsert_profiles(hub, "Contact", rows)) == (CHUNK_ROWS + 3, CHUNK_ROWS + 3, 0, 0)
    assert (await contacts(hub))["k0"] == {"Age": -2}
    await assert_keys_and_profiles_agree(hub)


async def test_bad_rows_never_stop_good_ones(hub: Hub) -> None:
    await define_world(hub)
    rows: list[object] = [
        contact("ann", Age="30"),
        contact("bob", Age=30),
        contact("eve", Agee=30),
        {"attributes": {}},
        "nonsense",
        contact("joe", Tags=["a", None]),
        {"key": "zoe", "attributs": {}},
        {"key": 7, "attributes": {}},
    ]
    outcome = await upsert_profiles(hub, "Contact", rows, Reading(first_index=100))
    assert counts(outcome) == (8, 1, 0, 7)
    assert await contacts(hub) == {"bob": {"Age": 30}}
    assert [(r.index, r.code.value, r.field) for r in outcome.rejections] == [
        (100, "WRONG_TYPE", "attributes.Age"),
        (102, "UNKNOWN_ATTRIBUTE", "attributes.Agee"),
        (103, "MISSING", "key"),
        (104, "BAD_ROW", None),
        (105, "NULL_IN_ARRAY", "attributes.Tags.1"),
        (106, "UNKNOWN_FIELD", "attributs"),
        (107, "WRONG_TYPE", "key"),
    ]
    assert "Did you mean Age?" in outcome.rejections[1].message
    assert "Did you mean attributes?" in outcome.rejections[5].message


async def test_a_key_that_cannot_be_stored_is_rejected(hub: Hub) -> None:
    await define_world(hub)
    keys = ["", "a\0b", "x" * 1001, "é" * 501, "\ud800"]
    outcome = await upsert_profiles(hub, "Contact", [contact(key) for key in [*keys, "x" * 1000]])
    assert [(r.code, r.field) for r in outcome.rejections] == [(RejectionCode.BAD_KEY, "key")] * len(keys)
    assert outcome.stored == 1


async def test_odd_values_are_stored_as_they_are(hub: Hub) -> None:
    await define_world(hub)
    texts = ["a.b", "$where", "nul\0nul", "", "👩‍👩‍👧", "$$ROOT", "ß" * 1000]
    rows = [contact(f"k{n}", Name=text, Tags=[text]) for n, text in enumerate(texts)]
    assert (await upsert_profiles(hub, "Contact", rows)).stored == len(texts)
    assert list((await contacts(hub)).values()) == [{"Name": text, "Tags": [text]} for text in texts]
    assert (await upsert_profiles(hub, "Contact", rows)).unchanged == len(texts)


async def test_odd_names_are_rejected_in_full_sight(hub: Hub) -> None:
    await define_world(hub)
    names = ["a.b", "$where", "Na\0me", "", "Key", "Address.City", "\ud800"]
    rows = [row for name in names for row in (contact("ann", **{name: 1}), contact("bob", Address={name: "x"}))]
    outcome = await upsert_profiles(hub, "Contact", rows)
    assert [r.code for r in outcome.rejections] == [RejectionCode.UNKNOWN_ATTRIBUTE] * len(rows)
    for rejection in outcome.rejections:
        rejection.message.encode()
        (rejection.field or "").encode()


async def test_an_unknown_type_is_refused_with_the_nearest_name(hub: Hub) -> None:
    await define_world(hub)
    with pytest.raises(RequestError, match="Did you mean Contact"):
        await upsert_profiles(hub, "contacts", [])


async def test_a_row_that_is_too_large_is_rejected_alone(hub: Hub) -> None:
    await define_world(hub)
    rows = [contact("ann", Age=1), contact("ann", Name="x" * 17_000_000), contact("bob", Name="y" * 15_000_000)]
    outcome = await upsert_profiles(hub, "Contact", rows)
    assert [(r.index, r.code) for r in outcome.rejections] == [(1, RejectionCode.ROW_TOO_LARGE)]
    assert (await contacts(hub))["ann"] == {"Age": 1}
    grown = await upsert_profiles(hub, "Contact", [contact("bob", Tags=["z" * 2_000_000]), contact("bob", Age=2)])
    assert counts(grown) == (2, 1, 0, 1)
    assert (await contacts(hub))["bob"].keys() == {"Name", "Age"}


async def test_rows_fit_the_setting(hub: Hub) -> None:
    await define_world(hub)
    outcome = await upsert_profiles(hub, "Contact", [contact("ann", Name="x" * 2000)], Reading(row_max_bytes=1000))
    assert outcome.rejections[0].code is RejectionCode.ROW_TOO_LARGE
    assert "1000 are allowed" in outcome.rejections[0].message


async def test_writers_of_the_same_new_keys_agree_on_their_ordinals(hub: Hub) -> None:
    await define_world(hub)
    rows = [contact(f"k{n}", Age=n) for n in range(300)]
    writers = [upsert_profiles(hub, "Contact", rows if n % 2 else rows[::-1]) for n in range(4)]
    outcomes = await asyncio.gather(*writers)
    assert sum(outcome.stored for outcome in outcomes) == 300
    assert sum(outcome.unchanged for outcome in outcomes) == 900
    await assert_keys_and_profiles_agree(hub)


async def test_writers_of_different_attributes_lose_nothing(hub: Hub) -> None:
    await define_world(hub)
    await upsert_profiles(hub, "Contact", [contact("ann")])
    fields: list[dict[str, object]] = [{"Age": 1}, {"Name": "Ann"}, {"Score": 2.5}, {"IsActive": True}]
    await asyncio.gather(*(upsert_profiles(hub, "Contact", [{"key": "ann", "attributes": a}]) for a in fields))
    assert (await contacts(hub))["ann"] == {"Age": 1, "Name": "Ann", "Score": 2.5, "IsActive": True}


async def test_a_batch_is_closed_and_names_what_it_touched(hub: Hub) -> None:
    await define_world(hub)
    await upsert_profiles(hub, "Contact", [contact(f"k{n}") for n in range(10)])
    await upsert_profiles(hub, "Contact", [contact("k3", Age=1), contact("k4"), contact("new")])
    first, second = await documents(hub, "batches")
    assert (second["type"], second["state"]) == ("profiles.Contact", "CLOSED")
    assert second["closed"] > first["closed"]
    assert list(from_binary(second["touched"]["Contact"])) == [3, 10]
    changed = {row["_id"] for row in await documents(hub, "profiles.Contact") if row["b"] == second["_id"]}
    assert changed == {3, 10}


async def test_a_writer_that_dies_leaves_no_key_without_a_profile_and_its_batch_is_swept(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define_world(hub)

    def die(*_: object) -> None:
        raise DeathError

    with monkeypatch.context() as patch:
        patch.setattr(profiles_store, "_parts", die)  # after the keys, before the documents
        with pytest.raises(DeathError):
            await upsert_profiles(hub, "Contact", [contact("ann"), contact("bob")])
    await assert_keys_and_profiles_agree(hub)
    assert [row["state"] for row in await documents(hub, "batches")] == ["OPEN"]
    assert await sweep_batches(hub, datetime.now(UTC)) == 0
    assert await sweep_batches(hub, datetime.now(UTC) + timedelta(hours=1)) == 1
    assert [row["state"] for row in await documents(hub, "batches")] == ["CLOSED"]
    assert counts(await upsert_profiles(hub, "Contact", [contact("ann")])) == (1, 1, 0, 0)


def test_counts_that_do_not_add_up_are_a_bug() -> None:
    with pytest.raises(InvariantError):
        IngestOutcome(received=2, stored=1)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.text(max_size=2), max_size=2)
)
NAMES = st.sampled_from(["Name", "Age", "Points", "Score", "Balance", "IsActive", "Born", "Tags", "Address", "Nope"])
ROWS = st.fixed_dictionaries(
    {"key": st.one_of(st.sampled_from(["a", "b", "c"]), VALUES)},
    optional={"attributes": st.one_of(st.dictionaries(NAMES, VALUES, max_size=3), VALUES), "extra": VALUES},
)


async def test_every_row_is_counted_once(hub: Hub) -> None:
    await define_world(hub)
    loop = asyncio.get_running_loop()

    @given(st.lists(st.one_of(ROWS, VALUES), max_size=8))
    def check(rows: list[object]) -> None:
        outcome = asyncio.run_coroutine_threadsafe(upsert_profiles(hub, "Contact", rows), loop).result()
        assert outcome.received == len(rows) == outcome.stored + outcome.unchanged + outcome.rejected
        assert len({rejection.index for rejection in outcome.rejections}) == outcome.rejected

    await asyncio.to_thread(check)
    await assert_keys_and_profiles_agree(hub)
