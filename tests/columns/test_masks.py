"""Masks over columns are true of exactly the records that the interpreter says a predicate is true of."""

import gc
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.catalog.model import Attribute, AttributeType, ProfileType, RecordType
from seggql.columns import masks as deciding
from seggql.columns.frame import Frame, concat
from seggql.columns.layout import layout_of
from seggql.columns.masks import masks
from seggql.columns.scope import Scope
from seggql.query import bound
from seggql.query.needs import paths_read
from seggql.query.planning.negation import when_false, when_true
from seggql.query.planning.predicate_rewrites import simplify
from seggql.query.predicate import Always, Predicate, SomeItem
from seggql.query.values.interpreter import compile_predicate
from tests.columns.records import again, record_of
from tests.evaluation.random_queries import CONTACTS, OPENINGS, conditions
from tests.evaluation.small_world import AS_OF, CATALOG, DATES, STRINGS, random_row
from tests.reference.storage import stored

CONTACT = CATALOG.profile_types["Contact"]
NOW = AS_OF.replace(second=0, microsecond=0)


def bound_predicates(condition: bound.Condition) -> tuple[Predicate, Predicate]:
    """Where a condition is true, and where it is false."""
    return simplify(when_true(condition), NOW), simplify(when_false(condition), NOW)


def random_documents(attributes: tuple[Attribute, ...], count: int = 300) -> list[dict[str, Any]]:
    """Documents as they come from MongoDB: with a key, a time, and attributes full of boundary values."""
    random = Random(7)
    return [
        {
            "key": f"{random.choice(STRINGS)}{number}",
            "t": random.choice(DATES),
            "a": stored(random_row(random, attributes)),
        }
        for number in range(count)
    ]


DOCUMENTS = random_documents(CONTACT.attributes)
OPENED = CATALOG.interaction_types["Opened"]
OPENED_DOCUMENTS = random_documents(OPENED.attributes)


def frame_of(record_type: RecordType, documents: list[dict[str, Any]], predicates: list[Predicate]) -> Frame:
    """The columns that `predicates` read."""
    return Frame.of_documents(documents, layout_of(record_type, paths_read(*predicates)))


def check(record_type: RecordType, documents: list[dict[str, Any]], predicates: list[Predicate]) -> None:
    """The masks of whole, decoded and joined frames are those of the interpreter."""
    records = [record_of(document) for document in documents]
    expected = [[test(record) for record in records] for test in map(compile_predicate, predicates)]
    half = len(documents) // 2
    parts = [frame_of(record_type, some, predicates) for some in (documents[:half], documents[half:])]
    for frame in (frame_of(record_type, documents, predicates), again(concat(parts), record_type)):
        found = masks(predicates, frame)
        assert [mask.tolist() for mask in found] == expected
        assert all(mask.dtype == np.bool_ for mask in found)


@given(drawn=st.lists(conditions(CONTACTS), min_size=1, max_size=4))
def test_masks_are_what_the_interpreter_says(drawn: list[bound.Condition]) -> None:
    check(CONTACT, DOCUMENTS, [predicate for condition in drawn for predicate in bound_predicates(condition)])


@given(drawn=conditions(OPENINGS, 2))
def test_masks_of_interactions_are_what_the_interpreter_says(drawn: bound.Condition) -> None:
    check(OPENED, OPENED_DOCUMENTS, list(bound_predicates(drawn)))


def test_columns_are_let_go_without_the_garbage_collector() -> None:
    tags = Attribute(name="Tags", type=AttributeType.STRING, is_array=True)
    field = bound.Field(names=("Tags",), type=AttributeType.STRING, is_array=True)
    layout = layout_of(ProfileType(name="Contact", attributes=(tags,)), ["a.Tags"])
    frame = Frame.of_documents([{"a": {"Tags": ["new"]}}, {}], layout)
    gc.collect()
    gc.disable()
    try:
        (found,) = masks([SomeItem(array=field, predicate=Always())], frame)
        left = [one for one in gc.get_objects() if isinstance(one, Scope)]
    finally:
        gc.enable()
    assert found.tolist() == [True, False]
    assert left == []


@given(drawn=conditions(CONTACTS))
def test_texts_too_many_to_be_shared_are_tested_among_the_records_left(
    drawn: bound.Condition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "MOST_SHARED", 0)

    check(CONTACT, DOCUMENTS, list(bound_predicates(drawn)))
