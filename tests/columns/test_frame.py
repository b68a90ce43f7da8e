"""Frames hold what documents hold, and come back from their bytes as they were."""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from seggql.catalog.model import Attribute, ProfileType
from seggql.columns.frame import Frame, concat
from seggql.columns.layout import layout_of
from seggql.errors import InvariantError
from seggql.query.values.dates import FIRST_INSTANT, LAST_INSTANT
from tests.columns.records import again, record_of, without_missing
from tests.evaluation.small_world import CATALOG, CONTACT, T, random_row
from tests.reference.storage import stored

TYPE = CATALOG.profile_types["Contact"]
PATHS = frozenset(
    {"_id", "key", "a.O", "a.O.P", "a.Is", "a.Ms", "a.Ss", "a.Ts", "a.Bs", "a.A", "a.O.Ss"}
    | {f"a.{name}" for name in ("B", "I", "L", "D", "M", "S", "S2", "T", "T2", "G")}
    | {f"a.O.{name}" for name in ("I", "S", "T", "P.I", "P.S", "P.T", "P.Ss")}
)


def documents_of(seed: int, count: int) -> list[dict[str, Any]]:
    """Profiles full of missing, null and boundary values."""
    random = Random(seed)
    return [
        {"_id": number * 3, "key": f"key{number}", "a": stored(random_row(random, CONTACT))} for number in range(count)
    ]


@given(seed=st.integers(0, 2**32), count=st.integers(0, 30))
def test_records_are_those_of_the_documents_before_and_after_the_bytes(seed: int, count: int) -> None:
    documents = documents_of(seed, count)
    expected = [without_missing(record_of(document)) for document in documents]

    frame = Frame.of_documents(documents, layout_of(TYPE, PATHS))

    for each in (frame, again(frame, TYPE)):
        assert each.rows == count
        assert [without_missing(each.record(row)) for row in range(count)] == expected
        assert each.numbers("_id")[0].tolist() == [document["_id"] for document in documents]


@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_frames_are_joined_and_filtered_row_by_row(seed: int, sizes: list[int]) -> None:
    layout = layout_of(TYPE, PATHS)
    parts = [documents_of(seed + number, size) for number, size in enumerate(sizes)]
    documents = [document for part in parts for document in part]
    kept = np.random.default_rng(seed).random(len(documents)) < 0.5

    joined = concat([Frame.of_documents(part, layout) for part in parts])
    filtered = again(joined.filtered(kept), TYPE)

    expected = [without_missing(record_of(document)) for document in documents]
    assert [without_missing(joined.record(row)) for row in range(joined.rows)] == expected
    assert [without_missing(filtered.record(row)) for row in range(filtered.rows)] == [
        record for record, is_kept in zip(expected, kept, strict=True) if is_kept
    ]


LIMITS: dict[str, list[Any]] = {
    "I": [-(2**31), 2**31 - 1, 0],
    "L": [Int64(2**63 - 1), Int64(-(2**63)), Int64(2**53 + 1)],
    "D": [1.7976931348623157e308, 5e-324, -0.0],
    "M": [Decimal128("1E-6176"), Decimal128("9.999999999999999999999999999999999E+6144"), Decimal128("1.00")],
    "S": ["", "a\0b", "\U0010ffff" * 3, "x" * 1_000_000, "\ud7ff", "\ue000"],
    "T": [FIRST_INSTANT, LAST_INSTANT, datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)],
    "B": [True, False],
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_least_and_most_of_each_type_come_back(name: str) -> None:
    documents = [{"a": {name: value}} for value in [*LIMITS[name], None]]
    frame = again(Frame.of_documents(documents, layout_of(TYPE, [f"a.{name}"])), TYPE)

    found = [frame.record(row).attributes.get(name) for row in range(frame.rows)]

    plain = [value.to_decimal() if isinstance(value, Decimal128) else value for value in LIMITS[name]]
    assert found == [*plain, None]
    assert [str(value) for value in found] == [str(value) for value in [*plain, None]]


def test_bytes_come_with_the_count_of_missing_values_and_the_bounds_of_numbers() -> None:
    documents: list[dict[str, Any]] = [
        {"a": {"I": 5, "T": FIRST_INSTANT, "S": "b", "D": 2.5}},
        {"a": {"I": -7, "D": None}},
        {},
    ]
    frame = Frame.of_documents(documents, layout_of(TYPE, ["a.I", "a.T", "a.S", "a.D", "a.L"]))

    told = {path: frame.encode(path) for path in frame.paths}

    assert {path: (each.nulls, each.least, each.most) for path, each in told.items()} == {
        "a.I": (1, -7, 5),
        "a.T": (2, -62135596800000, -62135596800000),
        "a.S": (2, None, None),
        "a.D": (2, 2.5, 2.5),
        "a.L": (3, None, None),
    }


def test_values_of_another_kind_than_their_attribute_are_missing() -> None:
    wrong: list[Any] = ["text", 5, 2.5, True, [1], {"I": 1}, datetime(2024, 1, 1, tzinfo=UTC), None, 2**40]
    names = ["I", "D", "S", "B", "T", "M", "Is", "O"]
    documents = [{"a": dict.fromkeys(names, value)} for value in wrong]
    frame = Frame.of_documents(documents, layout_of(TYPE, [f"a.{name}" for name in names]))

    kept = {
        name: [value for row in range(frame.rows) if (value := _read(frame, row, name)) is not None] for name in names
    }

    assert kept == {
        "I": [5],
        "D": [5.0, 2.5, float(2**40)],
        "S": ["text"],
        "B": [True],
        "T": [datetime(2024, 1, 1, tzinfo=UTC)],
        "M": [5, Decimal("2.5"), 2**40],
        "Is": [[1]],
        "O": [{}],
    }


def _read(frame: Frame, row: int, name: str) -> object:
    return frame.record(row).attributes.get(name)


def test_attributes_of_items_that_were_defined_later_are_missing() -> None:
    def type_with(*fields: Attribute) -> ProfileType:
        lines = Attribute(name="Lines", type=T.OBJECT, is_array=True, attributes=fields)
        return ProfileType(name="Contact", attributes=(lines,))

    old = type_with(Attribute(name="I", type=T.INT))
    new = type_with(Attribute(name="I", type=T.INT), Attribute(name="Ss", type=T.STRING, is_array=True))
    documents = [{"a": {"Lines": [{"I": 1}, {}]}}, {}]
    bits = Frame.of_documents(documents, layout_of(old, ["a.Lines"])).encode("a.Lines").bits

    frame = Frame.of_encoded(2, {"a.Lines": bits}, layout_of(new, ["a.Lines"]))

    assert [frame.record(row).attributes for row in range(2)] == [{"Lines": [{"I": 1}, {}]}, {}]


@pytest.mark.parametrize("path", ["a.No", "a.O.No", "a.A.I", "x", "l", "a"])
def test_a_path_that_the_type_does_not_have_is_refused(path: str) -> None:
    with pytest.raises(InvariantError):
        layout_of(TYPE, [path])
