import json

from bson.decimal128 import Decimal128
from hypothesis import given
from hypothesis import strategies as st

from seggql.ingest.attributes import json_reader
from seggql.ingest.outcome import BadRow
from seggql.ingest.rows import read_interaction_row, read_profile_row
from seggql.ingest.usual import UsualInteractions, UsualProfiles
from tests.ingest.test_coercion import GUID
from tests.ingest.world import CONTACT, PURCHASE

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.sampled_from([5.0, 2**31, -(2**31), 2**63, 10**400, "9007199254740993", "5", "1.50", GUID, GUID.upper()]),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["\ud800", "a\0", "2026-01-31", "2026-01-31T09:00:00Z", "2026-02-30T00:00:00Z"]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(["City", "Zip", "Zap"]), SCALARS, max_size=2),
)
KEYS = st.one_of(SCALARS, st.sampled_from(["ann", "", "x" * 251, "x" * 1001, "é" * 400]))
ATTRIBUTES = st.one_of(
    SCALARS,
    st.dictionaries(
        st.sampled_from([*(attribute.name for attribute in CONTACT.attributes), "Amount", "Note"]), VALUES, max_size=4
    ),
)
PROFILES = st.fixed_dictionaries({}, optional={"key": KEYS, "attributes": ATTRIBUTES, "more": SCALARS})
INTERACTIONS = st.fixed_dictionaries(
    {},
    optional={
        "id": KEYS,
        "timestamp": SCALARS,
        "links": st.one_of(SCALARS, st.dictionaries(st.sampled_from(["Buyer", "Shop", "Shp"]), KEYS, max_size=2)),
        "attributes": ATTRIBUTES,
    },
)

CONTACT_READER, PURCHASE_READER = json_reader(CONTACT.attributes), json_reader(PURCHASE.attributes)
LINKS = [link.name for link in PURCHASE.links]
CONTACT_USUAL = UsualProfiles(CONTACT.attributes, CONTACT_READER)
PURCHASE_USUAL = UsualInteractions(PURCHASE.attributes, PURCHASE_READER, LINKS)


@given(st.one_of(SCALARS, PROFILES))
def test_a_line_of_a_profile_means_the_same_taken_at_once(raw: object) -> None:
    line = json.dumps(raw).encode()
    taken = CONTACT_USUAL.take(line)
    try:
        slowly = read_profile_row(0, json.loads(line), CONTACT_READER, CONTACT_USUAL)
    except BadRow:
        assert taken is None
        return
    at_once = read_profile_row(0, line, CONTACT_READER, CONTACT_USUAL)
    assert at_once == slowly
    assert types_of(at_once.changes) == types_of(slowly.changes)


@given(st.one_of(SCALARS, INTERACTIONS))
def test_a_line_of_an_interaction_means_the_same_taken_at_once(raw: object) -> None:
    line = json.dumps(raw).encode()
    taken = PURCHASE_USUAL.take(line)
    try:
        slowly = read_interaction_row(0, json.loads(line), PURCHASE_READER, LINKS, PURCHASE_USUAL)
    except BadRow:
        assert taken is None
        return
    assert read_interaction_row(0, line, PURCHASE_READER, LINKS, PURCHASE_USUAL) == slowly


def test_the_usual_line_is_taken() -> None:
    attributes = {"Name": "Ann", "Age": 30, "Points": 2**60, "Balance": "1.50", "Born": "2026-01-31", "Tags": ["a"]}
    row = {"key": "ann", "attributes": attributes | {"Score": None, "Address": {"Zip": 1}}}
    taken = CONTACT_USUAL.take(json.dumps(row).encode())
    assert taken is not None
    assert taken[1]["Balance"] == Decimal128("1.50")
    links = {"Buyer": "ann"}
    row = {"id": "p1", "timestamp": "2026-01-31T09:00:00Z", "links": links, "attributes": {"Amount": 1}}
    assert PURCHASE_USUAL.take(json.dumps(row).encode()) is not None


def types_of(value: object) -> object:
    match value:
        case dict():
            return {name: types_of(inner) for name, inner in value.items()}
        case list():
            return [types_of(inner) for inner in value]
        case _:
            return type(value)
