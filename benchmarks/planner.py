"""What the planner picks for one segment, packs or pipelines for each operator, against every other way.

The questions are drawn from the contest's mix, compounds with what they use written out, and from questions about few
profiles, for which pipelines are often faster. Each is evaluated in every way and as picked, in turns; all ways must
find the same. "choice" leaves out what deciding took, "whole" has it.

python -m benchmarks.planner [--people 100000] [--interactions 1000000] [--questions 40] [--rounds 5] [--seed 4]
"""

import asyncio
import itertools
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated
from unittest.mock import patch

import typer

from benchmarks.contest.load import load
from benchmarks.contest.mix import draw_segments
from benchmarks.contest.questions import Asked, Compound, Question, segql
from benchmarks.contest.scale import Scale
from benchmarks.hub import benchmark_hub
from benchmarks.measuring import show
from seggql.evaluation import hops
from seggql.evaluation.evaluate import find
from seggql.evaluation.packed.shares import Operator
from seggql.evaluation.packed.together import Pass, evaluate_passes, plan_passes
from seggql.evaluation.picking import pick
from seggql.evaluation.run import Run
from seggql.packs.keep import Keeping, keep_packs
from seggql.packs.needs import needs_of, united
from seggql.packs.shape import shapes_of
from seggql.query.bound import BoundQuery
from seggql.query.plan import Hop, Plan, parts_of
from seggql.query.planning.estimates import Statistics
from seggql.segments.once import live_sources
from seggql.segments.planning import Surroundings, plan_with, read_statistics, read_surroundings
from seggql.settings import Settings
from seggql.store.hub import Hub

AT_LEAST_ONE = typer.Option(min=1)
NEAR, ASKED_SHARE = 1.5, 0.9
"""A pick is right within so many times of the best way; so many picks are to be right."""

ROUNDS_OF_FEW = 20
"""How often five questions about few profiles are drawn."""

MOST_OPERATORS = 4
"""Operators of a question at most: each doubles the ways."""

HOPELESS = 4
"""A way that takes so many times as long as the best in the first round is not tried again."""

Way = tuple[frozenset[int], bool]
"""The operators, by place, that packs answer, and whether edges come from packs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds, the least of all rounds: of each way, of the pick without deciding, and with it."""

    query: str
    told: str
    ways: Mapping[Way, float]
    choice: float
    whole: float

    @property
    def best(self) -> float:
        """Of the fastest way."""
        return min(self.ways.values())


@dataclass(slots=True, kw_only=True)
class Evaluations:
    """Evaluates one plan again and again, each time anew."""

    hub: Hub
    settings: Settings
    surroundings: Surroundings
    statistics: Statistics
    plan: Plan
    operators: Sequence[Operator] = ()
    found: set[int] = field(default_factory=set)
    told: str = ""

    async def run(self) -> Run:
        """Nothing is known yet."""
        sources = await live_sources(self.hub, self.surroundings.counts)
        return Run(sources=sources, catalog=self.surroundings.catalog, settings=self.settings)

    async def by(self, way: Way) -> float:
        """The seconds of one way."""
        packed, edges_packed = way
        run = await self.run()
        with patch.object(hops, "edges_us", lambda *_: 0.0 if edges_packed else float("inf")):
            began = time.perf_counter()
            if packed:
                chosen = {self.operators[place] for place in packed}
                await evaluate_passes(list(_only(await plan_passes([self.plan], run), chosen)), run)
            self.found.add(len(await find(self.plan, run)))
            return time.perf_counter() - began

    async def as_picked(self) -> tuple[float, float]:
        """The seconds of what is picked, without what deciding took and with it."""
        run = await self.run()
        began = time.perf_counter()
        await plan_passes([self.plan], run)
        opened = time.perf_counter()
        picked = await pick([self.plan], run, self.statistics)
        decided = time.perf_counter()
        await evaluate_passes(picked.passes, run)
        self.found.add(len(await find(self.plan, run)))
        ended = time.perf_counter()
        self.told = "; ".join(
            f"{'packs' if told.by_packs else 'pipeline'}: {told.why}" for told in picked.told.values()
        )
        return ended - decided + (opened - began if picked.passes else 0.0), ended - began


def main(
    people: Annotated[int, typer.Option(min=1_000)] = 100_000,
    interactions: Annotated[int, typer.Option(min=1_000)] = 1_000_000,
    questions: Annotated[int, AT_LEAST_ONE] = 40,
    rounds: Annotated[int, AT_LEAST_ONE] = 5,
    seed: int = 4,
) -> None:
    """Measure, print, and exit with 1 where too many picks are wrong."""
    until = datetime.now(UTC).replace(second=0, microsecond=0)
    scale = Scale(
        people=people, interactions=interactions, households=people // 10, segments=200, seed=seed, until=until
    )
    sys.exit(0 if asyncio.run(_measure(scale, questions, rounds)) else 1)


async def _measure(scale: Scale, questions: int, rounds: int) -> bool:
    async with benchmark_hub() as (hub, settings):
        await load(hub, scale)
        return await compare(hub, settings, scale, questions, rounds)


async def compare(hub: Hub, settings: Settings, scale: Scale, questions: int, rounds: int) -> bool:
    """Measure `questions` of each mix over a loaded hub; print the share of right picks and the worst ones."""
    chance = random.Random(scale.seed)
    segments = draw_segments(scale)
    mixes = {
        "the contest's mix": [written_out(segments, one.question) for one in chance.sample(segments, len(segments))],
        "few profiles": list(dict.fromkeys(few_profiles(chance))),
    }
    surroundings = await read_surroundings(hub, settings)
    bound = {text: await surroundings.bind(text, output_type="Person") for mix in mixes.values() for text in mix}
    needs = united(needs_of([query.set]) for query in bound.values())
    keeping = Keeping(settings=settings, owner="benchmark", now=scale.until, share=1.0)
    await keep_packs(hub, shapes_of(surroundings.catalog), needs, keeping)
    rows: list[tuple[str, str, str, bool]] = []
    for name, mix in mixes.items():
        measured: list[Measured] = []
        for text in mix:
            one = await _measured(hub, surroundings, bound[text], scale.until, text, rounds)
            measured += [one] if one else []
            if len(measured) == questions:
                break
        rows += _rows(name, measured)
    return show(f"Picks within {NEAR} times of the best way", rows)


def written_out(segments: Sequence[Asked], question: Question) -> str:
    """The query of a segment, without use of others."""
    by_name = {segment.name: segment.question for segment in segments}
    if isinstance(question, Compound):
        first, second = (written_out(segments, by_name[name]) for name in (question.first, question.second))
        return f"({first}) {question.operator} ({second})"
    return segql(question)


def few_profiles(chance: random.Random) -> Iterator[str]:
    """Questions about few profiles or a short time."""
    for _ in range(ROUNDS_OF_FEW):
        score, days = chance.randrange(1, 1000), chance.choice([30, 90, 365, 700])
        rare = chance.choice([f"Score == {score}", f"Score > {990 + score // 100}", f"Score < {score // 20}"])
        acted = f"INTERACTION(Visit, Visitor).HAVING(COUNT() >= {chance.randrange(1, 5)}, UTCDAYS({days}))"
        yield f"PROFILE(Person).FILTER({rare})"
        yield f"PROFILE(Person).FILTER({rare} AND Income > {score * 100})"
        yield f"PROFILE(Person).FILTER({rare}) INTERSECT {acted}"
        yield f"PROFILE(Person).FILTER({rare}) EXCEPT {acted}"
        yield f"INTERACTION(Purchase, Buyer).HAVING(COUNT() >= 1, UTCHOURS({chance.randrange(1, 72)}))"


async def _measured(
    hub: Hub, surroundings: Surroundings, query: BoundQuery, as_of: datetime, text: str, rounds: int
) -> Measured | None:
    """The seconds of all ways; None where there are too many of them, or but one."""
    statistics = await read_statistics(hub, surroundings, ())
    plan = (await plan_with(surroundings.settings, query, as_of, statistics)).root
    evaluations = Evaluations(
        hub=hub, settings=surroundings.settings, surroundings=surroundings, statistics=statistics, plan=plan
    )
    passes = await plan_passes([plan], await evaluations.run())
    evaluations.operators = [one for made in passes for one in made.operators]
    ways = {way: float("inf") for way in _ways(len(evaluations.operators), plan)}
    if not 1 < len(ways) <= 2 ** (MOST_OPERATORS + 1):
        return None
    choice = whole = float("inf")
    for number in range(rounds + 1):
        for way in ways:
            if number < 2 or ways[way] <= HOPELESS * min(ways.values()):
                ways[way] = min(ways[way], await evaluations.by(way))
        without, with_deciding = await evaluations.as_picked()
        choice, whole = min(choice, without), min(whole, with_deciding)
    assert len(evaluations.found) == 1, f"{text} finds {evaluations.found}"
    return Measured(query=text, told=evaluations.told, ways=ways, choice=choice, whole=whole)


def _ways(operators: int, plan: Plan) -> Iterator[Way]:
    has_hop = any(isinstance(part, Hop) for part in parts_of(plan))
    for size in range(operators + 1):
        for packed in itertools.combinations(range(operators), size):
            yield from ((frozenset(packed), edges) for edges in ([True, False] if has_hop else [True]))


def _only(passes: Sequence[Pass], chosen: set[Operator]) -> Iterator[Pass]:
    for made in passes:
        if operators := tuple(one for one in made.operators if one in chosen):
            yield Pass(pack=made.pack, universe=None, operators=operators)


def _rows(name: str, measured: Sequence[Measured]) -> list[tuple[str, str, str, bool]]:
    """The share of right picks; the worst picks, and what always reading packs, or never, would have been, are told."""
    choices = [one.choice / one.best for one in measured]
    wholes = [one.whole / one.best for one in measured]
    packs = [min(s for (packed, _), s in one.ways.items() if len(packed) == _most(one)) / one.best for one in measured]
    pipelines = [min(s for (packed, _), s in one.ways.items() if not packed) / one.best for one in measured]
    for one in sorted(measured, key=lambda one: -one.choice / one.best)[:5]:
        figures = f"{one.choice * 1e3:.1f} ms, {one.whole * 1e3:.1f} with deciding, best {one.best * 1e3:.1f}"
        print(f"{name}, {one.choice / one.best:.2f} times: {figures}: {one.query}\n    {one.told}", flush=True)
    print(f"{name}: always packs {_share(packs):.0%}, never {_share(pipelines):.0%}, of {len(measured)}", flush=True)
    asked = f">= {ASKED_SHARE:.0%}"
    return [
        (f"{name}: choice", f"{_share(choices):.0%}", asked, _share(choices) >= ASKED_SHARE),
        (f"{name}: whole, with deciding", f"{_share(wholes):.0%}", "told", True),
    ]


def _most(one: Measured) -> int:
    return max(len(packed) for packed, _ in one.ways)


def _share(ratios: Sequence[float]) -> float:
    return sum(ratio <= NEAR for ratio in ratios) / max(1, len(ratios))


if __name__ == "__main__":
    typer.run(main)
