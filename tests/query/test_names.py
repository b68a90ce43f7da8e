"""Hints name the nearest known name."""

import pytest

from seggql.query.names import did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("TRAVRSE", ["FILTER", "TRAVERSE", "HAVING"], "TRAVERSE"),
        ("emailopened", ["EmailOpened", "EmailClicked"], "EmailOpened"),
        ("Email_Opened", ["EmailOpened", "EmailDelivered"], "EmailOpened"),
        ("Agee", ["Age", "Page"], "Age"),
        ("Contct", [], None),
        ("Zebra", ["Contact", "Campaign"], None),
        ("", ["Contact"], None),
    ],
)
def test_the_nearest_name_is_the_most_alike(name: str, candidates: list[str], expected: str | None) -> None:
    assert nearest(name, candidates) == expected


def test_the_order_of_candidates_does_not_matter() -> None:
    assert nearest("Ab", ["Aby", "Abx"]) == nearest("Ab", ["Abx", "Aby"])


def test_a_very_long_name_is_compared_quickly() -> None:
    assert nearest("x" * 1_000_000, ["Contact"] * 10) is None


def test_a_hint_asks_for_the_nearest_name() -> None:
    assert did_you_mean("Contcat", ["Contact"]) == "Did you mean Contact?"
    assert did_you_mean("Contcat", ["Campaign"]) is None
