"""The contest's data as tables, skewed like life: the same for the same scale; `_id` and links are ordinals.

Activity, countries and cities fall off as in a power law, dates grow denser toward now, values are missing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.contest import world
from benchmarks.contest.scale import Scale

ROWS = 100_000
"""Rows of a table: one file, one row group of Parquet."""

GROWTH = 1.8
"""The exponent by which the count of what has happened grows with time."""

Floats = NDArray[np.float64]


def people(scale: Scale) -> Iterator[pl.DataFrame]:
    """Every person, in the order of the ordinals."""
    tags = _tag_lists(scale)
    cities = pl.Series([f"City {n}" for n in range(world.CITIES)])
    texts = pl.Series([f"value {n}" for n in range(1_000)])
    for first, count in _parts(scale.people):
        chance = np.random.default_rng([scale.seed, 1, first])
        city = _skewed(chance, count, world.CITIES, 2.5)
        joined = _growing(chance, count, scale.founded, scale.until)
        columns = {
            "_id": _ordinals(first, count),
            "Score": pl.Series(chance.integers(0, 1000, count, dtype=np.int32)),
            "Country": _chosen(world.COUNTRIES, _skewed(chance, count, len(world.COUNTRIES), 3.0)),
            "City": cities.gather(city),
            "Zip": pl.Series(chance.integers(10_000, 99_999, count)).cast(pl.String),
            "Age": _with_gaps(chance, pl.Series(chance.binomial(90, 0.42, count).astype(np.int32)), 0.05),
            "Gender": _with_gaps(chance, _chosen(world.GENDERS, _skewed(chance, count, 3, 1.3)), 0.1),
            "Income": _with_gaps(chance, pl.Series(chance.lognormal(10.3, 0.7, count).round(2)), 0.2),
            "IsCustomer": pl.Series(chance.random(count) < 0.4),
            "Plan": _chosen(world.PLANS, _skewed(chance, count, len(world.PLANS), 2.0)),
            "Language": _chosen(world.LANGUAGES, _skewed(chance, count, len(world.LANGUAGES), 2.0)),
            "JoinedAt": joined,
            "LastLoginAt": _with_gaps(chance, _growing(chance, count, scale.since, scale.until), 0.15),
            "Tags": tags.gather(chance.integers(0, len(tags), count)),
        }
        columns |= {f"Number{n}": pl.Series(chance.random(count).round(6)) for n in range(world.UNUSED)}
        columns |= {f"Text{n}": texts.gather(chance.integers(0, 1_000, count)) for n in range(world.UNUSED)}
        yield _with_address(pl.DataFrame(columns), chance)


def households(scale: Scale) -> Iterator[pl.DataFrame]:
    """Every household, in the order of the ordinals."""
    for first, count in _parts(scale.households):
        chance = np.random.default_rng([scale.seed, 2, first])
        yield pl.DataFrame(
            {
                "_id": _ordinals(first, count),
                "Size": pl.Series((1 + chance.poisson(1.6, count)).astype(np.int32)),
                "Region": _chosen(world.REGIONS, _skewed(chance, count, len(world.REGIONS), 1.5)),
                "Income": _with_gaps(chance, pl.Series(chance.lognormal(10.8, 0.6, count).round(2)), 0.1),
            }
        )


def homes(scale: Scale) -> Iterator[pl.DataFrame]:
    """The edges from people (`f`) to households (`t`): nine people in ten live in one."""
    for first, count in _parts(scale.people):
        chance = np.random.default_rng([scale.seed, 3, first])
        table = pl.DataFrame(
            {
                "f": _ordinals(first, count),
                "t": pl.Series(_skewed(chance, count, scale.households, 1.4).astype(np.int32)),
                "Role": _chosen(world.ROLES, _skewed(chance, count, len(world.ROLES), 1.5)),
                "Since": _growing(chance, count, scale.founded, scale.until),
            }
        )
        yield table.filter(pl.Series(chance.random(count) < 0.9))


def purchases(scale: Scale) -> Iterator[pl.DataFrame]:
    """The purchases, in the order of time."""
    stores = pl.Series([f"Store {n}" for n in range(world.STORES)])
    for first, count in _parts(scale.purchases):
        chance = np.random.default_rng([scale.seed, 4, first])
        category = _chosen(world.CATEGORIES, _skewed(chance, count, len(world.CATEGORIES), 2.0))
        yield pl.DataFrame(
            {
                "_id": _ids("p", first, count),
                "t": _times(scale, chance, first, count, scale.purchases),
                "Buyer": _active(scale, chance, count),
                "Amount": pl.Series((chance.lognormal(3.2, 0.9, count) + 0.5).round(2)),
                "Quantity": pl.Series((1 + chance.poisson(0.8, count)).astype(np.int32)),
                "Category": _with_gaps(chance, category, 0.05),
                "Store": stores.gather(_skewed(chance, count, world.STORES, 2.0)),
            }
        )


def visits(scale: Scale) -> Iterator[pl.DataFrame]:
    """The visits, in the order of time."""
    pages = pl.Series([f"/page/{n}" for n in range(world.PAGES)])
    for first, count in _parts(scale.visits):
        chance = np.random.default_rng([scale.seed, 5, first])
        yield pl.DataFrame(
            {
                "_id": _ids("v", first, count),
                "t": _times(scale, chance, first, count, scale.visits),
                "Visitor": _active(scale, chance, count),
                "Seconds": _with_gaps(chance, pl.Series(chance.geometric(0.012, count).astype(np.int32)), 0.1),
                "Page": pages.gather(_skewed(chance, count, world.PAGES, 3.0)),
            }
        )


def _parts(total: int) -> Iterator[tuple[int, int]]:
    return ((first, min(ROWS, total - first)) for first in range(0, total, ROWS))


def _ordinals(first: int, count: int) -> pl.Series:
    return pl.Series(np.arange(first, first + count, dtype=np.int32))


def _ids(prefix: str, first: int, count: int) -> pl.Series:
    return pl.Series([f"{prefix}{number:09}" for number in range(first, first + count)])


def _skewed(chance: np.random.Generator, count: int, among: int, power: float) -> NDArray[np.int64]:
    """Numbers below `among`, small ones the more often the greater `power` is."""
    return (among * chance.random(count) ** power).astype(np.int64)


def _active(scale: Scale, chance: np.random.Generator, count: int) -> pl.Series:
    """Ordinals of people: the most active hundredth does a tenth of everything, and may have any ordinals."""
    rank = _skewed(chance, count, scale.people, 2.0)
    return pl.Series(((rank * _stride(scale.people) + scale.people // 3) % scale.people).astype(np.int32))


def _stride(people: int) -> int:
    """A step that leads through all of so many ordinals before it comes back."""
    stride = int(people * 0.618) | 1
    while np.gcd(stride, people) != 1:
        stride += 2
    return stride


def _growing(chance: np.random.Generator, count: int, since: datetime, until: datetime) -> pl.Series:
    return _instants(chance.random(count) ** (1 / GROWTH), since, until)


def _times(scale: Scale, chance: np.random.Generator, first: int, count: int, total: int) -> pl.Series:
    """The instants of the interactions numbered from `first` on, ascending over all of them."""
    shares: Floats = (np.arange(first, first + count) + np.sort(chance.random(count))) / total
    return _instants(np.minimum(shares, 1.0) ** (1 / GROWTH), scale.since, scale.until)


def _instants(shares: Floats, since: datetime, until: datetime) -> pl.Series:
    millisecond = timedelta(milliseconds=1)
    epoch = datetime(1970, 1, 1, tzinfo=since.tzinfo)
    start, length = (since - epoch) // millisecond, (until - since) // millisecond
    return pl.Series((start + shares * length).astype(np.int64)).cast(pl.Datetime("ms"))


def _chosen(names: Sequence[str], positions: NDArray[np.int64]) -> pl.Series:
    return pl.Series(names).gather(positions)


def _with_gaps(chance: np.random.Generator, values: pl.Series, share: float) -> pl.Series:
    """The values, a share of them missing."""
    return values.set(pl.Series(chance.random(len(values)) < share), None)


def _tag_lists(scale: Scale) -> pl.Series:
    """Lists of tags to choose from; one in five is empty."""
    chance = np.random.default_rng([scale.seed, 6])
    lengths = chance.integers(0, 5, 2_000)
    lists = [[f"tag{tag}" for tag in _skewed(chance, length, world.TAGS, 2.0)] for length in lengths]
    return pl.Series(lists, dtype=pl.List(pl.String))


def _with_address(table: pl.DataFrame, chance: np.random.Generator) -> pl.DataFrame:
    """City and Zip within Address, which one in ten lacks."""
    has_address = pl.lit(pl.Series(chance.random(table.height) < 0.9))
    address = pl.when(has_address).then(pl.struct("City", "Zip")).otherwise(None).alias("Address")
    return table.with_columns(address).drop("City", "Zip")
