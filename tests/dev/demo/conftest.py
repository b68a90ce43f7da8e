"""A part of The Complete Journey that loads in seconds: 60 households, whole; everything else as it is."""

from pathlib import Path

import polars as pl
import pytest

from seggql.dev.demo.journey import find_journey

HOUSEHOLDS = 60
PRODUCTS = 3_000


@pytest.fixture(scope="session")
def small_journey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables of a few households."""
    source, folder = find_journey(), tmp_path_factory.mktemp("journey")
    tables = {path.stem: pl.read_parquet(path) for path in source.glob("*.parquet") if path.stem != "promotions"}
    known = tables["demographics"]["household_id"].to_list()[: HOUSEHOLDS // 2]
    newest = tables["transactions"].sort("transaction_timestamp")["household_id"].tail(1).to_list()
    others = tables["transactions"].filter(~pl.col("household_id").is_in(tables["demographics"]["household_id"]))
    households = {*known, *newest, *others["household_id"].unique().sort().to_list()[: HOUSEHOLDS // 2]}
    for name in ("demographics", "transactions", "campaigns", "coupon_redemptions"):
        tables[name] = tables[name].filter(pl.col("household_id").is_in(list(households)))
    bought = tables["transactions"].filter(pl.col("product_id").is_in(tables["products"]["product_id"][:PRODUCTS]))
    tables["products"] = tables["products"].head(PRODUCTS)
    tables["transactions"] = pl.concat([bought, tables["transactions"].tail(50)]).unique(maintain_order=True)
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return folder
