"""Advice on indexes: which attributes to mark isIndexed, so that the refreshes of active segments take less time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Literal, assert_never

from seggql.catalog.model import ProfileType
from seggql.errors import QueryError
from seggql.evaluation.packed.together import plan_passes
from seggql.evaluation.run import Run
from seggql.evaluation.wanted_indexes import Gain, Operator, WantedIndex, wanted_indexes
from seggql.query.ast import SetOperator
from seggql.query.plan import Aggregate, Algebra, Hop, Members, Plan, Scan
from seggql.query.planning.estimates import Statistics, estimate
from seggql.segments.once import live_sources
from seggql.segments.planning import Surroundings, plan_with, read_statistics, read_surroundings, request_instant
from seggql.settings import Settings
from seggql.store.collections import BUILD_US
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentKind
from seggql.store.segments import find_active_segments

LEAST_SAVED = 0.1
"""Of an operator's time; what saves less is not worth an index, which slows every write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentGain:
    """What an index does for a segment: milliseconds of what it serves, without and with it, and what it leaves."""

    segment: str
    before_ms: float
    after_ms: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAdvice:
    """An attribute of a type that should be marked isIndexed; a part that segments share is saved once.

    `kind` tells the type from one of another kind that has the same name.
    """

    kind: Literal["profile", "interaction"]
    record_type: str
    attribute: tuple[str, ...]
    documents: int
    bytes: int
    build_s: float
    saved_ms: float
    gains: tuple[SegmentGain, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What was looked at, and what is advised, the most useful first; of each, what it saves beside those before it.

    `unread` are segments whose query is no longer right; operators that read packs want no index.
    """

    segments: int
    unread: tuple[str, ...]
    packed: int
    indexes: tuple[IndexAdvice, ...]


async def advise(hub: Hub, settings: Settings) -> Advice:
    """Which indexes the active dynamic segments want, at one snapshot; nothing is made. Raises: UnavailableError."""
    surroundings = await read_surroundings(hub, settings)
    run = Run(sources=await live_sources(hub, surroundings.counts), catalog=surroundings.catalog, settings=settings)
    segments = [one for one in await find_active_segments(hub) if one.kind is SegmentKind.DYNAMIC and one.query]
    statistics = await read_statistics(hub, surroundings, {name for one in segments for name in one.depends_on})
    plans: dict[str, Plan] = {}
    unread = []
    for segment in segments:
        try:
            plans[segment.name] = await _plan(surroundings, statistics, segment)
        except QueryError:
            unread.append(segment.name)
    asked = {name: dict(_operators(plan, statistics)) for name, plan in plans.items()}
    packed = {operator for made in await plan_passes(plans.values(), run) for operator in made.operators}
    reading = dict.fromkeys(operator for one in asked.values() for operator in one if operator not in packed)
    gains = await wanted_indexes({operator: _least_restricted(operator, asked) for operator in reading}, run)
    return Advice(
        segments=len(segments),
        unread=tuple(unread),
        packed=len(packed),
        indexes=tuple(_advised(gains, asked)),
    )


async def _plan(surroundings: Surroundings, statistics: Statistics, segment: Segment) -> Plan:
    query = await surroundings.bind(segment.query or "", output_type=segment.profile_type, segment_name=segment.name)
    return (await plan_with(surroundings.settings, query, request_instant(), statistics)).root


def _operators(
    plan: Plan, statistics: Statistics, known: float | None = None
) -> Iterator[tuple[Operator, float | None]]:
    """The operators of a plan that conditions can be looked up for, with about how many profiles each is asked about.

    That is None for all: only the operands of INTERSECT and EXCEPT are restricted by what was found before.
    """
    match plan:
        case Scan() | Aggregate():
            yield plan, known
        case Members():
            return
        case Hop(source=source):
            yield from _operators(source, statistics)
        case Algebra(first=first, rest=rest):
            yield from _operators(first, statistics, known)
            for place, step in enumerate(rest):
                before = estimate(replace(plan, rest=rest[:place]), statistics).rows
                asked = known if step.operator is SetOperator.UNION else before
                yield from _operators(step.operand, statistics, asked)
        case _:
            assert_never(plan)


def _least_restricted(operator: Operator, asked: Mapping[str, Mapping[Operator, float | None]]) -> float | None:
    restrictions = [one[operator] for one in asked.values() if operator in one]
    return None if None in restrictions else max(known for known in restrictions if known is not None)


def _advised(gains: Sequence[Gain], asked: Mapping[str, Mapping[Operator, float | None]]) -> Iterator[IndexAdvice]:
    """The index that saves most, then that which saves most once this is there, and so on: nothing is saved twice."""
    left = [gain for gain in gains if _is_worth_it(gain)]
    while left:
        by_index: dict[WantedIndex, list[Gain]] = {}
        for gain in left:
            by_index.setdefault(gain.index, []).append(gain)
        best = max(by_index.values(), key=_saved_us)
        yield _advice(best, asked)
        reached = {gain.operator: gain.after_us for gain in best}
        others = [gain for gain in left if gain.index != best[0].index]
        later = [replace(gain, before_us=min(gain.before_us, reached.get(gain.operator, inf))) for gain in others]
        left = [gain for gain in later if _is_worth_it(gain)]


def _is_worth_it(gain: Gain) -> bool:
    return gain.after_us <= gain.before_us * (1 - LEAST_SAVED)


def _saved_us(gains: Sequence[Gain]) -> float:
    return sum(gain.before_us - gain.after_us for gain in gains)


def _advice(gains: Sequence[Gain], asked: Mapping[str, Mapping[Operator, float | None]]) -> IndexAdvice:
    """What all these, of one index, come to."""
    index = gains[0].index
    told = [
        SegmentGain(segment=name, before_ms=gain.before_us / 1e3, after_ms=gain.after_us / 1e3, share=gain.share)
        for gain in gains
        for name, operators in asked.items()
        if gain.operator in operators
    ]
    return IndexAdvice(
        kind="profile" if isinstance(index.record_type, ProfileType) else "interaction",
        record_type=index.record_type.name,
        attribute=tuple(index.path.split(".")[1:]),
        documents=index.documents,
        bytes=index.bytes,
        build_s=index.documents * BUILD_US / 1e6,
        saved_ms=_saved_us(gains) / 1e3,
        gains=tuple(sorted(told, key=lambda gain: gain.after_ms - gain.before_ms)),
    )
