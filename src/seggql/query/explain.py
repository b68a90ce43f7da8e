"""Plans as a text for people: what is read, in what order, and what restricts it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from seggql.query.ast import SetOperator
from seggql.query.bound import Direction, Listing
from seggql.query.plan import Aggregate, Algebra, Hop, Interval, Members, Plan, QueryPlan, Scan
from seggql.query.planning.estimates import Statistics, estimate, is_known
from seggql.query.planning.words import instant_text, operand_text, predicate_text, value_text
from seggql.query.predicate import AllOf, Always, Never, Predicate

STEP = "  "
"""One level of indentation."""


Access = Mapping[Plan, str]
"""How operators are answered, in a few words."""


def plan_text(query_plan: QueryPlan, statistics: Statistics | None = None, access: Access | None = None) -> str:
    """The plan, one operator a line with its conditions below, how many it may find, and how it is answered.

    The last two where `statistics` and `access` tell.
    """
    lines = [f"{query_plan.profile_type} as of {instant_text(query_plan.as_of)}"]
    facts = _Facts(statistics=statistics, access=access or {})
    lines.extend(STEP + line for line in _plan_lines(query_plan.root, facts))
    if query_plan.listing is not None:
        lines.extend(STEP + line for line in _listing_lines(query_plan.listing, query_plan.profile_type))
    return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is told of operators beside what they are."""

    statistics: Statistics | None
    access: Access


def _plan_lines(plan: Plan, facts: _Facts) -> Iterator[str]:
    if isinstance(plan, Algebra):
        yield from _algebra_lines(plan, facts)
        return
    yield _title(plan) + _found(plan, facts)
    match plan:
        case Scan(profile_type=profile_type, predicate=predicate):
            yield from _condition_lines("where", predicate, profile_type)
        case Aggregate(interaction=interaction):
            yield from _interval_lines(plan.interval)
            yield from _condition_lines("where", plan.predicate, interaction)
            yield from _condition_lines("having", plan.having, interaction)
        case Hop(source=source, relationship=relationship, predicate=predicate):
            yield from _condition_lines("where", predicate, relationship)
            yield f"{STEP}from"
            yield from (STEP * 2 + line for line in _plan_lines(source, facts))
        case Members():
            pass
        case _:
            assert_never(plan)


def _title(plan: Scan | Aggregate | Hop | Members) -> str:
    match plan:
        case Scan(profile_type=profile_type, predicate=Always()):
            return f"every {profile_type}"
        case Scan(profile_type=profile_type, predicate=Never()):
            return f"no {profile_type}"
        case Scan(profile_type=profile_type):
            return f"scan {profile_type}"
        case Aggregate(interaction=interaction, link=link, profile_type=profile_type):
            return f"group {interaction} by {link}, each a {profile_type}"
        case Hop(relationship=relationship, direction=direction):
            backward = ", backward" if direction is Direction.BACKWARD else ""
            return f"traverse {relationship} from {plan.source_type} to {plan.profile_type}{backward}"
        case Members(segment=segment):
            return f"members of {segment}"
        case _:
            assert_never(plan)


def _algebra_lines(algebra: Algebra, facts: _Facts) -> Iterator[str]:
    """A numbered step an operand, after the operator that joins it to what was found before."""
    yield "in this order:" + _found(algebra, facts)
    yield from _step_lines("1. ", _plan_lines(algebra.first, facts))
    for number, step in enumerate(algebra.rest, start=2):
        lines = _plan_lines(step.operand, facts)
        yield from _step_lines(f"{number}. {_operator_words(step.operator)} ", lines)


def _operator_words(operator: SetOperator) -> str:
    match operator:
        case SetOperator.UNION:
            return "UNION"
        case SetOperator.INTERSECT:
            return "INTERSECT, among those found:"
        case SetOperator.EXCEPT:
            return "EXCEPT, among those found:"
        case _:
            assert_never(operator)


def _step_lines(start: str, lines: Iterator[str]) -> Iterator[str]:
    yield STEP + start + next(lines)
    yield from (STEP * 2 + " " + line for line in lines)


def _found(plan: Plan, facts: _Facts) -> str:
    told = []
    if facts.statistics is not None and is_known(plan, facts.statistics):
        told.append(f"about {round(estimate(plan, facts.statistics).rows):,}")
    if plan in facts.access:
        told.append(facts.access[plan])
    return f"  ({'; '.join(told)})" if told else ""


def _condition_lines(word: str, predicate: Predicate, record_type: str) -> Iterator[str]:
    """`word` and the predicate; one operand of AND a line."""
    match predicate:
        case Always() | Never():
            return
        case AllOf(predicates=operands):
            texts = [operand_text(operand, record_type) for operand in operands]
        case _:
            texts = [predicate_text(predicate, record_type)]
    yield f"{STEP}{word} {texts[0]}"
    yield from (f"{STEP}{'AND'.rjust(len(word))} {text}" for text in texts[1:])


def _interval_lines(interval: Interval | None) -> Iterator[str]:
    if interval is None:
        return
    words = []
    if interval.low is not None:
        words.append(f"{'after' if interval.excludes_low else 'from'} {instant_text(interval.low)}")
    if interval.high is not None:
        words.append(f"up to {instant_text(interval.high)}")
    if words:
        yield f"{STEP}in time {' '.join(words)}"


def _listing_lines(listing: Listing, profile_type: str) -> Iterator[str]:
    if listing.order:
        keys = (value_text(key.field, profile_type) + (" DESC" if key.descending else "") for key in listing.order)
        yield f"order by {', '.join(keys)}"
    if listing.skip:
        yield f"skip {listing.skip:,}"
    if listing.take is not None:
        yield f"take {listing.take:,}"
    if listing.select is not None:
        yield f"select {', '.join(value_text(field, profile_type) for field in listing.select)}"
