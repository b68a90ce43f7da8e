"""Global ids."""

import pytest

from seggql.errors import RequestError
from seggql.graphql.ids import from_global_id, to_global_id


@pytest.mark.parametrize("raw", ["a", "Household:17", "ü ☃ 'x'", "x" * 500, ":"])
def test_what_storage_calls_an_object_survives(raw: str) -> None:
    assert from_global_id(to_global_id("Profile", raw), "Profile") == raw


def test_an_id_of_another_kind_is_refused_by_both_names() -> None:
    with pytest.raises(RequestError, match="the id of a Job, not of a Segment"):
        from_global_id(to_global_id("Job", "1"), "Segment")


@pytest.mark.parametrize("text", ["", "x", "%%%", "☃", "U2VnbWVudA", "U2VnbWVudDo", "OmE", "$where", "A" * 10_000])
def test_a_text_that_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="is not an id") as refused:
        from_global_id(text, "Segment")
    assert refused.value.code == "INVALID"
    assert len(str(refused.value)) < 200
