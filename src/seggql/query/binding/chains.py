"""Binds the steps of chains that are on profiles: FILTER and TRAVERSE."""

from dataclasses import dataclass, field, replace
from typing import assert_never

from seggql.catalog.model import RelationshipType
from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.binding.binding import Binding
from seggql.query.binding.conditions import bind_condition
from seggql.query.binding.found import Found
from seggql.query.binding.names import find_relationship
from seggql.query.binding.paths import Standpoint

LISTING_STEPS = (ast.OrderBy, ast.Skip, ast.Take, ast.Select)


def refuse_listing(b: Binding, step: ast.OrderBy | ast.Skip | ast.Take | ast.Select) -> None:
    """A listing anywhere but at the end of the query."""
    word = type(step).__name__.upper()
    b.refuse(
        ProblemCode.NOT_ALLOWED_HERE,
        f"{word} belongs to a listing, which is the very end of a query.",
        step,
        hint=f"To list what several sets give together, write (A UNION B).{word}(…).",
    )


def together(conditions: list[bound.Condition]) -> bound.Condition | None:
    """All of the conditions of several FILTERs; None where there are none."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return bound.All(operands=tuple(conditions))


@dataclass(slots=True)
class ProfileChain:
    """The steps on profiles. `left` says of each type that the chain has left behind by which relationship."""

    b: Binding
    found: Found
    conditions: list[bound.Condition] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)

    def bind(self, steps: tuple[ast.Step, ...]) -> Found:
        """The profiles that the steps lead to."""
        for step in steps:
            match step:
                case ast.Filter():
                    self._filter(step)
                case ast.Traverse():
                    self._traverse(step)
                case ast.Having():
                    self._refuse_having(step)
                case ast.Distinct():
                    pass
                case ast.OrderBy() | ast.Skip() | ast.Take() | ast.Select():
                    refuse_listing(self.b, step)
                    self._break()
                case _:
                    assert_never(step)
        self._apply_conditions()
        return self.found

    def _filter(self, step: ast.Filter) -> None:
        if self.found.profile_type is None:
            return
        profile_type = self.b.scope.catalog.profile_types[self.found.profile_type]
        condition = bind_condition(self.b, Standpoint(record=profile_type, elsewhere=self.left), step.condition)
        if condition is None:
            self._break()
        else:
            self.conditions.append(condition)

    def _apply_conditions(self) -> None:
        """Puts the FILTERs since the last TRAVERSE to the set as one."""
        condition, self.conditions = together(self.conditions), []
        source, profile_type = self.found.set, self.found.profile_type
        if condition is None or source is None or profile_type is None:
            return
        filtered = bound.Filtered(source=source, condition=condition, profile_type=profile_type)
        self.b.mark(filtered, self.b.place(condition))
        self.found = replace(self.found, set=filtered)

    def _break(self) -> None:
        self.found = replace(self.found, set=None)

    def _refuse_having(self, step: ast.Having) -> None:
        self._break()
        self.b.refuse(
            ProblemCode.NOT_ALLOWED_HERE,
            "HAVING judges groups of interactions: it stands after INTERACTION(…) and before any TRAVERSE.",
            step,
            hint="INTERACTION(type, link).HAVING(COUNT() > 3).TRAVERSE(…)",
        )

    # ------------------------------------------------------------ TRAVERSE

    def _traverse(self, step: ast.Traverse) -> None:
        self._apply_conditions()
        relationship = find_relationship(self.b, step.relationship)
        if relationship is None:
            self.found = replace(self.found, set=None, profile_type=None)
            return
        start = self.found.profile_type
        direction = self._direction(step, relationship, start) if start is not None else None
        condition = self._edge_condition(step, relationship, start)
        if start is None or direction is None:
            self.found = replace(self.found, set=None, profile_type=None)
            return
        target = relationship.target if direction is bound.Direction.FORWARD else relationship.source
        is_sound = self.found.set is not None and (condition is not None or step.condition is None)
        self._leave(start, target, relationship)
        self.found = replace(self.found, set=self.found.set if is_sound else None, profile_type=target)
        if self.found.set is not None:
            traversed = bound.Traversed(
                source=self.found.set,
                relationship=relationship.name,
                direction=direction,
                profile_type=target,
                condition=condition,
            )
            self.found = replace(self.found, set=traversed)

    def _leave(self, start: str, target: str, relationship: RelationshipType) -> None:
        self.left[start] = (
            f"TRAVERSE({relationship.name}) has left {start} behind: conditions from there on see the attributes of "
            "the other end. FILTER before it, or INTERSECT with another chain."
        )
        self.left.pop(target, None)

    def _edge_condition(
        self, step: ast.Traverse, relationship: RelationshipType, start: str | None
    ) -> bound.Condition | None:
        if step.condition is None:
            return None
        before = f"The FILTER of a TRAVERSE sees the fields of {relationship.name} only"
        elsewhere = {
            end: f"{before}. FILTER the profiles of {end} {'before' if end == start else 'after'} the TRAVERSE."
            for end in (relationship.target, relationship.source)
        }
        here = Standpoint(record=relationship, elsewhere={**self.left, **elsewhere})
        return bind_condition(self.b, here, step.condition)

    def _direction(self, step: ast.Traverse, relationship: RelationshipType, start: str) -> bound.Direction | None:
        """Which way the step goes; a REVERSE that says nothing new is noted for the canonical form."""
        source, target = relationship.source, relationship.target
        if start not in (source, target):
            self._refuse_unconnected(step, relationship, start)
            return None
        if source == target:
            return bound.Direction.BACKWARD if step.reverse else bound.Direction.FORWARD
        if start == target:
            if step.reverse:
                self.b.redundant.append(step)
            return bound.Direction.BACKWARD
        if not step.reverse:
            return bound.Direction.FORWARD
        self.b.refuse(
            ProblemCode.NOT_ALLOWED_HERE,
            f"{relationship.name} leads from {source} to {target}: from {source} there is no way in REVERSE.",
            step,
            hint=f"Write TRAVERSE({relationship.name}).",
        )
        return None

    def _refuse_unconnected(self, step: ast.Traverse, relationship: RelationshipType, start: str) -> None:
        ways = [
            f"{each.name} (to {each.target if each.source == start else each.source})"
            for each in sorted(self.b.scope.catalog.relationships_of(start), key=lambda each: each.name)
        ]
        hint = f"From {start} lead {', '.join(ways)}." if ways else f"No relationship touches {start}."
        self.b.refuse(
            ProblemCode.RELATIONSHIP_NOT_CONNECTED,
            f"{relationship.name} joins {relationship.source} and {relationship.target}; the chain stands at {start}.",
            step.relationship,
            hint=hint,
        )
