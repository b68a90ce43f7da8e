"""Sizes of pages, cursors and connections."""

from typing import Any

import pytest

from seggql.errors import RequestError
from seggql.graphql.pages import MAX_PAGE_SIZE, Position, connection, decode_cursor, encode_cursor, page_size


def test_a_page_has_its_default_size_where_none_is_asked_for() -> None:
    assert (page_size(None, 50), page_size(1), page_size(MAX_PAGE_SIZE)) == (50, 1, 1000)


@pytest.mark.parametrize("first", [0, -1, 1001, 10_000_000])
def test_a_page_of_another_size_is_refused_with_the_limit(first: int) -> None:
    with pytest.raises(RequestError, match=r"from 1 to 1,000") as refused:
        page_size(first)
    assert (refused.value.code, refused.value.field) == ("INVALID", ("first",))


@pytest.mark.parametrize("position", [17, "ü", ["b", 3, None]])
def test_a_cursor_points_where_it_was_made(position: Any) -> None:
    assert decode_cursor("segments", encode_cursor("segments", position), type(position)) == position


def test_a_cursor_from_another_list_is_refused() -> None:
    with pytest.raises(RequestError, match="a cursor from another list"):
        decode_cursor("members:a", encode_cursor("members:b", 17), int)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "☃",
        "W10",
        "e30",
        "[" * 50_000,
        encode_cursor("s", "17"),
        encode_cursor("s", True),
        encode_cursor("s", 2**63),
    ],
)
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="not a cursor") as refused:
        decode_cursor("s", text, int)
    assert refused.value.field == ("after",)


async def test_the_row_past_the_page_says_that_more_follows() -> None:
    counted = 0

    async def count() -> int:
        nonlocal counted
        counted += 1
        return 7

    def position(row: int) -> Position:
        return row

    page = connection("numbers", [1, 2, 3], 2, position=position, node=str, count=count)
    assert [edge.node for edge in page.edges] == ["1", "2"]
    assert page.page_info.has_next_page
    assert not page.page_info.has_previous_page
    assert decode_cursor("numbers", page.page_info.end_cursor or "", int) == 2
    assert counted == 0, "totalCount is counted only when it is asked for"


async def test_the_last_page_has_no_next_and_an_empty_one_no_cursors() -> None:
    async def count() -> int:
        return 0

    def position(row: int) -> Position:
        return row

    page = connection("numbers", [], 2, position=position, node=str, count=count, after="x")
    assert not page.page_info.has_next_page
    assert page.page_info.has_previous_page
    assert page.page_info.end_cursor is None
