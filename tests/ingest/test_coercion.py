import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import bson
import pytest
from bson.codec_options import CodecOptions
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from seggql.catalog.model import Attribute, AttributeType
from seggql.ingest.attributes import json_reader, text_reader
from seggql.ingest.coercion import JSON_RULES
from seggql.ingest.outcome import BadRow, RejectionCode
from seggql.ingest.texts import TEXT_RULES
from tests.ingest.world import CONTACT

B, I, L, F, D, S, T, G = (  # noqa: E741  # one letter a type keeps the tables readable
    AttributeType.BOOLEAN,
    AttributeType.INT,
    AttributeType.LONG,
    AttributeType.DOUBLE,
    AttributeType.DECIMAL,
    AttributeType.STRING,
    AttributeType.DATETIME,
    AttributeType.GUID,
)
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # the zone is not among the parts


@pytest.mark.parametrize(
    ("type_", "value", "stored"),
    [
        (B, True, True),
        (I, 5, 5),
        (I, 5.0, 5),
        (I, -(2**31), -(2**31)),
        (I, Decimal("7"), 7),
        (L, 5, Int64(5)),
        (L, 2**63 - 1, Int64(2**63 - 1)),
        (L, "9007199254740993", Int64(9007199254740993)),
        (L, "-9223372036854775808", Int64(-(2**63))),
        (F, 1, 1.0),
        (F, 1.5, 1.5),
        (D, "12.10", Decimal128("12.10")),
        (D, 0.1, Decimal128("0.1")),
        (D, Decimal("1e-400"), Decimal128("1E-400")),
        (F, Decimal("0.1000000000000000055"), 0.1),
        (D, 7, Decimal128("7")),
        (D, "-1e-10", Decimal128("-1E-10")),
        (S, "a\0b", "a\0b"),
        (S, "", ""),
        (T, "2026-01-31", at(2026, 1, 31)),
        (T, "2026-01-31T09:00", at(2026, 1, 31, 9)),
        (T, "2026-01-31T09:00:00Z", at(2026, 1, 31, 9)),
        (T, "2026-01-31t09:00:00z", at(2026, 1, 31, 9)),
        (T, "2026-01-31 09:00:00.1239", at(2026, 1, 31, 9, 0, 0, 123000)),
        (T, "2026-01-31T09:00:00+01:30", at(2026, 1, 31, 7, 30)),
        (T, "2026-01-31T09:00:00-0100", at(2026, 1, 31, 10)),
        (T, date(2026, 1, 31), at(2026, 1, 31)),
        (T, datetime(2026, 1, 31, 9, tzinfo=timezone(timedelta(hours=2))), at(2026, 1, 31, 7)),
        (G, GUID.upper(), GUID),
        (G, UUID(GUID), GUID),
    ],
)
def test_json_values_are_taken(type_: AttributeType, value: object, stored: object) -> None:
    taken = JSON_RULES[type_](value)
    assert (taken, type(taken)) == (stored, type(stored))


@pytest.mark.parametrize(
    ("type_", "value", "code"),
    [
        (B, 1, "WRONG_TYPE"),
        (B, "true", "WRONG_TYPE"),
        (I, "5", "WRONG_TYPE"),
        (I, True, "WRONG_TYPE"),
        (I, 5.5, "WRONG_TYPE"),
        (I, math.nan, "WRONG_TYPE"),
        (I, math.inf, "WRONG_TYPE"),
        (I, 2**31, "OUT_OF_RANGE"),
        (I, [5], "WRONG_TYPE"),
        (L, "5", "WRONG_TYPE"),
        (L, "9007199254740993.0", "WRONG_TYPE"),
        (L, 2**63, "OUT_OF_RANGE"),
        (L, "9223372036854775808", "OUT_OF_RANGE"),
        (L, 10**4000, "OUT_OF_RANGE"),
        (F, "1", "WRONG_TYPE"),
        (F, math.nan, "OUT_OF_RANGE"),
        (F, -math.inf, "OUT_OF_RANGE"),
        (F, 10**400, "OUT_OF_RANGE"),
        (D, "NaN", "WRONG_TYPE"),
        (D, "Infinity", "WRONG_TYPE"),
        (D, "1,5", "WRONG_TYPE"),
        (D, math.inf, "OUT_OF_RANGE"),
        (D, "1." + "1" * 40, "OUT_OF_RANGE"),
        (D, "1e9999", "OUT_OF_RANGE"),
        (D, False, "WRONG_TYPE"),
        (S, 5, "WRONG_TYPE"),
        (S, {"$gt": ""}, "WRONG_TYPE"),
        (S, "\ud800", "BAD_TEXT"),
        (T, "yesterday", "WRONG_TYPE"),
        (T, 1767225600, "WRONG_TYPE"),
        (T, "2026-02-30", "OUT_OF_RANGE"),
        (T, "2026-02-30T00:00:00Z", "OUT_OF_RANGE"),
        (T, "0000-01-01", "OUT_OF_RANGE"),
        (T, "0001-01-01T00:00:00+01:00", "OUT_OF_RANGE"),
        (T, "2026-W01-1", "WRONG_TYPE"),
        (T, "2026-01-31T25:00:00Z", "OUT_OF_RANGE"),
        (T, "\uff12\uff10\uff12\uff16-01-31", "WRONG_TYPE"),
        (G, "{" + GUID + "}", "WRONG_TYPE"),
        (G, GUID[:-1], "WRONG_TYPE"),
    ],
)
def test_other_json_values_are_refused(type_: AttributeType, value: object, code: str) -> None:
    with pytest.raises(BadRow) as refusal:
        JSON_RULES[type_](value)
    assert refusal.value.code is RejectionCode(code)
    assert len(str(refusal.value)) < 400
    str(refusal.value).encode()


@pytest.mark.parametrize(
    ("type_", "text", "stored"),
    [
        (B, " Yes", True),
        (B, "0", False),
        (I, "+5", 5),
        (I, "5.0", 5),
        (I, "1e3", 1000),
        (L, "9007199254740993", Int64(9007199254740993)),
        (F, ".5", 0.5),
        (D, "+12.10", Decimal128("12.10")),
        (S, " padded ", " padded "),
        (T, " 2026-01-31 ", at(2026, 1, 31)),
        (G, GUID.upper(), GUID),
    ],
)
def test_text_is_read_by_the_type(type_: AttributeType, text: str, stored: object) -> None:
    assert TEXT_RULES[type_](text) == stored


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (B, "maybe"),
        (I, "5.5"),
        (I, "five"),
        (I, "1_000"),
        (F, "nan"),
        (F, "1e999"),
        (D, "inf"),
        (I, "1e99"),
        (T, "1/2/3"),
    ],
)
def test_other_text_is_refused(type_: AttributeType, text: str) -> None:
    with pytest.raises(BadRow):
        TEXT_RULES[type_](text)


def refusal_of(raw: object) -> BadRow:
    with pytest.raises(BadRow) as refusal:
        json_reader(CONTACT.attributes).read(raw)
    return refusal.value


def test_paths_lead_to_what_is_at_fault() -> None:
    assert refusal_of({"Address": {"Zip": "x"}}).field == ("Address", "Zip")
    assert refusal_of({"Tags": ["a", 1]}).field == ("Tags", "1")
    assert refusal_of({"Tags": "a"}).field == ("Tags",)
    assert refusal_of({"Address": {"Cty": "x"}}).code is RejectionCode.UNKNOWN_ATTRIBUTE
    assert "goes in `key`" in str(refusal_of({"Key": "x"}))
    assert refusal_of([]).code is RejectionCode.WRONG_TYPE


def test_null_unsets_and_is_left_out_below() -> None:
    read = json_reader(CONTACT.attributes).read({"Age": None, "Address": {"City": None, "Zip": 1}})
    assert read == {"Age": None, "Address": {"Zip": 1}}


def test_arrays_and_objects_stand_in_cells_as_json() -> None:
    read = text_reader(CONTACT.attributes).read({"Tags": '["a"]', "Address": '{"Zip": 1}', "Age": "7"})
    assert read == {"Tags": ["a"], "Address": {"Zip": 1}, "Age": 7}
    with pytest.raises(BadRow):
        text_reader(CONTACT.attributes).read({"Tags": "a,b"})


EVERY = (*CONTACT.attributes, Attribute(name="Guids", type=G, is_array=True))
JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just(GUID), st.just("2026-01-31")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["City", "Zip"]), inner)),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([attribute.name for attribute in EVERY]), JSON_VALUES))
def test_whatever_is_taken_can_be_stored_and_read_back(raw: dict[str, object]) -> None:
    try:
        read = json_reader(EVERY).read(raw)
    except BadRow:
        return
    codec: CodecOptions[dict[str, object]] = CodecOptions(tz_aware=True, tzinfo=UTC)
    assert bson.decode(bson.encode(read), codec) == read
