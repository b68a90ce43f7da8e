"""The segments of a contest, drawn by a seed: 60 % with a time window, 20 % compound, 10 % traverse, 10 % attributes.

One in ten looks back over a year or more of visits: these cost about half of all.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from benchmarks.contest import world
from benchmarks.contest.conditions import (
    Condition,
    among,
    between,
    both,
    compared,
    differs,
    either,
    missing,
    since,
    starts_with,
    tagged,
    within_days,
)
from benchmarks.contest.questions import Acted, Asked, Compound, Kind, Living, People, PeopleWhoActed, Question
from benchmarks.contest.scale import Scale

SHARES = {
    Kind.WINDOW: 0.5,
    Kind.LONG_WINDOW: 0.1,
    Kind.TRAVERSE: 0.1,
    Kind.ATTRIBUTES: 0.1,
    Kind.COMPOUND: 0.2,
}
SHORT, LONG = (7, 14, 30, 60, 90), (365, 450, 540, 700)
"""Windows in days."""

OPERATORS: tuple[Literal["UNION", "INTERSECT", "EXCEPT"], ...] = ("UNION", "INTERSECT", "EXCEPT")


def draw_segments(scale: Scale, prefix: str = "Segment") -> list[Asked]:
    """The segments of the scale, called by `prefix` and number; compounds come last, and use those before them."""
    chance = random.Random(scale.seed)
    counts = {kind: round(share * scale.segments) for kind, share in SHARES.items()}
    questions: list[tuple[Kind, Question]] = []
    questions += [(Kind.LONG_WINDOW, _long(chance)) for _ in range(counts[Kind.LONG_WINDOW])]
    questions += [(Kind.WINDOW, _short(chance, scale.until)) for _ in range(counts[Kind.WINDOW])]
    questions += [(Kind.TRAVERSE, _living(chance)) for _ in range(counts[Kind.TRAVERSE])]
    questions += [(Kind.ATTRIBUTES, _attributes(chance, scale.until)) for _ in range(counts[Kind.ATTRIBUTES])]
    chance.shuffle(questions)
    questions += [(Kind.COMPOUND, _compound(chance, prefix, len(questions))) for _ in range(counts[Kind.COMPOUND])]
    return [
        Asked(number=number, name=_name(prefix, number), kind=kind, question=question)
        for number, (kind, question) in enumerate(questions)
    ]


def draw_sample(segments: Sequence[Asked], every: int, seed: int) -> list[Asked]:
    """About one in `every` of each kind, and what the compounds among them use, in the order of `segments`."""
    chance = random.Random(seed)
    chosen: set[str] = set()
    for kind in Kind:
        of_kind = [segment for segment in segments if segment.kind is kind]
        for segment in chance.sample(of_kind, -(-len(of_kind) // every)):  # rounded up
            chosen |= {segment.name, *_used(segment.question)}
    return [segment for segment in segments if segment.name in chosen]


def _used(question: Question) -> Iterator[str]:
    if isinstance(question, Compound):
        yield from (question.first, question.second)


def _name(prefix: str, number: int) -> str:
    return f"{prefix}{number:04}"


def _compound(chance: random.Random, prefix: str, others: int) -> Compound:
    first, second = chance.sample(range(others), 2)
    return Compound(operator=chance.choice(OPERATORS), first=_name(prefix, first), second=_name(prefix, second))


def _long(chance: random.Random) -> Acted:
    days = chance.choice(LONG)
    if chance.random() < 0.3:
        return Acted(interaction="Visit", summed="Seconds", least=chance.randrange(500, 5_000), days=days)
    return Acted(interaction="Visit", least=chance.randrange(2, 15), days=days)


def _short(chance: random.Random, until: datetime) -> Question:
    acted = _purchased(chance) if chance.random() < 0.6 else _visited(chance)
    drawn = chance.random()
    if drawn < 0.2:
        return PeopleWhoActed(condition=_people(chance, until), acted=acted, did=True)
    if drawn < 0.35:
        return PeopleWhoActed(condition=_people(chance, until), acted=acted, did=False)
    return acted


def _purchased(chance: random.Random) -> Acted:
    days = chance.choice(SHORT)
    if chance.random() < 0.4:  # half a cent more, so that no sum of cents is equal to it
        least = chance.randrange(20, 300) + 0.005
        return Acted(interaction="Purchase", summed="Amount", least=least, days=days, condition=_bought(chance))
    return Acted(interaction="Purchase", least=chance.randrange(1, 4), days=days, condition=_bought(chance))


def _bought(chance: random.Random) -> Condition | None:
    match chance.randrange(10):
        case 0:
            return compared("Category", "==", _often(chance, world.CATEGORIES))
        case 1:
            return compared("Amount", ">", float(chance.randrange(20, 100)))
        case 2:
            return both(compared("Quantity", ">=", 2), differs("Category", world.CATEGORIES[0]))
        case _:
            return None


def _visited(chance: random.Random) -> Acted:
    condition = starts_with("Page", "/page/1") if chance.random() < 0.2 else None
    return Acted(interaction="Visit", least=chance.randrange(1, 5), days=chance.choice(SHORT), condition=condition)


def _attributes(chance: random.Random, until: datetime) -> People:
    return People(condition=_people(chance, until))


def _living(chance: random.Random) -> Living:
    drawn: list[Condition] = [
        compared("Region", "==", chance.choice(world.REGIONS)),
        compared("Size", ">=", chance.randrange(2, 6)),
        compared("Income", ">", float(chance.randrange(30, 120) * 1_000)),
    ]
    household = both(*chance.sample(drawn, 2)) if chance.random() < 0.5 else chance.choice(drawn)
    role = compared("Role", "==", chance.choice(world.ROLES)) if chance.random() < 0.4 else None
    return Living(household=household, role=role)


def _people(chance: random.Random, until: datetime) -> Condition:
    one = _attribute(chance, until)
    match chance.randrange(4):
        case 0:
            return one
        case 1:
            return either(one, _attribute(chance, until))
        case _:
            return both(one, _attribute(chance, until))


def _attribute(chance: random.Random, until: datetime) -> Condition:
    youngest = chance.randrange(20, 50)
    return chance.choice(
        [
            among("Country", sorted({_often(chance, world.COUNTRIES) for _ in range(3)})),
            compared("Score", "<", chance.randrange(50, 600)),
            compared("Income", ">", float(chance.randrange(15, 80) * 1_000)),
            between("Age", youngest, youngest + chance.randrange(3, 20)),
            differs("Gender", chance.choice(world.GENDERS)),
            compared("IsCustomer", "==", True),
            among("Plan", chance.sample(world.PLANS, 2)),
            compared("Language", "==", _often(chance, world.LANGUAGES)),
            since("JoinedAt", until - timedelta(days=chance.randrange(100, 2_000))),
            within_days("LastLoginAt", chance.choice(SHORT)),
            tagged("Tags", f"tag{chance.randrange(10)}"),
            starts_with("Address.City", f"City {chance.randrange(1, 10)}"),
            missing("Income"),
        ]
    )


def _often(chance: random.Random, names: Sequence[str]) -> str:
    """One of the names, the first ones more often."""
    return names[int(len(names) * chance.random() ** 2)]
