"""Weighs packs against pipelines by what all operators of some plans take together.

Operators over one collection are answered in one pass over its pack, which reads a column once for all of them. What
one operator saves by staying away is therefore only what nobody else needs, and it may pay to keep all away together.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seggql.evaluation.packed.costs import PackCosts
from seggql.evaluation.packed.shares import Operator
from seggql.query.plan import Aggregate, Members, Plan, Scan, parts_of
from seggql.query.planning.estimates import ROUND_TRIP_US, Statistics, estimate
from seggql.query.planning.shares import is_one_key

DOUBT = 1.5
"""How many times as long packs must look as pipelines to be left: only pipelines can take far longer than they look."""

TOLD = 5
"""Operators of one plan that a job's step tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The operators that one pass over a pack may answer, and what that takes."""

    operators: Sequence[Operator]
    costs: PackCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How an operator is answered, and about how many microseconds packs and pipelines take, beside all that others do.

    `shared` is how many operators the pass over its pack answers. The costs are None where nobody looked.
    """

    by_packs: bool
    shared: int
    packs_us: float | None = None
    pipeline_us: float | None = None

    def __str__(self) -> str:
        return f"{'packs' if self.by_packs else 'pipeline'}, {self.why}"

    @property
    def why(self) -> str:
        """Why, in a few words."""
        if self.packs_us is None or self.pipeline_us is None:
            return f"{self.shared} operators share the reading"
        packs, pipeline = f"{self.packs_us / 1e3:,.0f} ms", f"{self.pipeline_us / 1e3:,.0f} ms"
        return f"about {packs}, a pipeline {pipeline}" if self.by_packs else f"about {pipeline}, packs {packs}"


class Weighing:
    """Operators that packs can answer, all of them at first; ever more are `left` to pipelines.

    Each is called by its place among the operators of all packs.
    """

    def __init__(
        self, plans: Iterable[Plan], groups: Sequence[Group], statistics: Statistics, known: Iterable[Plan] = ()
    ) -> None:
        """What is `known`, operators of the plans, takes no time either way."""
        self.left: frozenset[int] = frozenset()
        self._groups = groups
        self._statistics = statistics
        self._operators = [one for group in groups for one in group.operators]
        self._users: list[list[_Used]] = [[] for _ in self._operators]
        places: dict[Plan, int | None] = dict.fromkeys(known) | {one: n for n, one in enumerate(self._operators)}
        for plan in plans if self._operators else ():
            parts = [part for part in parts_of(plan) if isinstance(part, Scan | Aggregate)]
            used = _Used(
                plan=plan,
                parts=[(id(part), places[part]) for part in parts if part in places],
                is_counted=any(_is_counted(part, statistics) for part in parts_of(plan)),
            )
            for place in {place for _, place in used.parts if place is not None}:
                self._users[place].append(used)

    def leave_packs(self) -> None:
        """Leave to pipelines what takes less by them, what saves most first."""
        while moves := {move: self._saving(move) for move in self._moves()}:
            best = max(moves, key=lambda move: moves[move])
            if moves[best] <= 0:
                return
            self.left |= best

    def told(self) -> dict[Plan, Told]:
        """How each operator is answered, and why."""
        return {operator: self._told(place) for place, operator in enumerate(self._operators)}

    def _told(self, place: int) -> Told:
        without, alone = self.left - {place}, self.left | {place}
        return Told(
            by_packs=place not in self.left,
            shared=len(self._operators) - len(self.left),
            packs_us=self._packs_us(without) - self._packs_us(alone),
            pipeline_us=self._pipelines_us({place}, alone) - self._pipelines_us({place}, without),
        )

    def _moves(self) -> Iterator[frozenset[int]]:
        """What may leave packs at once: an operator, all over one pack, everything."""
        packed = [frozenset(places) - self.left for places in self._places()]
        singly = [frozenset({place}) for places in packed for place in places]
        return iter({move for move in (frozenset[int]().union(*packed), *packed, *singly) if move})

    def _saving(self, move: frozenset[int]) -> float:
        """The microseconds that packs take less, without those that pipelines take more."""
        after = self.left | move
        saved = self._packs_us(self.left) - self._packs_us(after)
        if saved <= ROUND_TRIP_US:
            return 0.0
        return saved - DOUBT * (self._pipelines_us(move, after) - self._pipelines_us(move, self.left))

    def _packs_us(self, left: Collection[int]) -> float:
        return sum(
            group.costs.us([place - places.start for place in places if place not in left])
            for group, places in zip(self._groups, self._places(), strict=True)
        )

    def _pipelines_us(self, moved: Collection[int], left: Collection[int]) -> float:
        """What pipelines take in the plans of those `moved`. What several plans have is found once, and whole.

        What was found before is only taken to restrict an operator where somebody has counted it.
        """
        plans = {id(used): used for place in moved for used in self._users[place]}.values()
        whole = {place for place in moved if len(self._users[place]) > 1}
        whole |= {place for used in plans if not used.is_counted for _, place in used.parts if place is not None}
        cost_us = sum(estimate(self._operators[place], self._statistics).cost_us for place in whole if place in left)
        for used in plans:
            known = frozenset(
                part
                for part, place in used.parts
                if place is None or place not in left or place in whole or len(self._users[place]) > 1
            )
            cost_us += estimate(used.plan, self._statistics, known).cost_us
        return cost_us

    def _places(self) -> Iterator[range]:
        """The places of each group."""
        end = 0
        for group in self._groups:
            yield range(end, end + len(group.operators))
            end += len(group.operators)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Used:
    """A plan, and its parts that packs can answer: the `id` of each, and its place, None where it is known.

    `is_counted` says that of some part it is known how many profiles it finds at most.
    """

    plan: Plan
    parts: Sequence[tuple[int, int | None]]
    is_counted: bool


def _is_counted(part: Plan, statistics: Statistics) -> bool:
    match part:
        case Scan():
            return part in statistics.left_by_index or is_one_key(part.predicate)
        case Members():
            return part.segment in statistics.members
        case _:
            return False


def told_of(plan: Plan, told: Mapping[Plan, Told]) -> str:
    """How the operators of a plan are answered that packs and pipelines both could answer; empty where none is."""
    found = [(_name(one), told.get(one)) for one in parts_of(plan) if isinstance(one, Scan | Aggregate)]
    lines = list(dict.fromkeys(f"{name}: {how}" for name, how in found if how))
    return "; ".join([*lines[:TOLD], f"and {len(lines) - TOLD} more"] if len(lines) > TOLD else lines)


def _name(operator: Operator) -> str:
    return operator.profile_type if isinstance(operator, Scan) else operator.interaction
