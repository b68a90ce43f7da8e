"""Binds the steps of chains that are on interactions: whatever stands before the first TRAVERSE."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import assert_never

from seggql.catalog.model import InteractionType, Link
from seggql.errors import InvariantError, ProblemCode
from seggql.query import ast, bound
from seggql.query.binding.binding import Binding
from seggql.query.binding.chains import refuse_listing, together
from seggql.query.binding.conditions import bind_condition
from seggql.query.binding.found import Found
from seggql.query.binding.group_sizes import sizes_of
from seggql.query.binding.paths import Standpoint, Where
from seggql.query.binding.remedies import profiles_without
from seggql.query.binding.windows import bind_window


@dataclass(slots=True)
class InteractionChain:
    """The steps on interactions: whatever stands before the first TRAVERSE."""

    b: Binding
    source: ast.InteractionSource
    interaction: InteractionType
    link: Link | None
    conditions: list[bound.Condition] = field(default_factory=list)
    having: ast.Having | None = None
    is_sound: bool = True

    def bind(self, steps: tuple[ast.Step, ...]) -> Found:
        """The profiles that the interactions lead to."""
        for step in steps:
            self._bind_step(step)
        having, period = self._bind_having(steps)
        if self.link is None:
            return Found(None, None)
        if not self.is_sound:
            return Found(None, self.link.profile_type)
        found = bound.Interacted(
            interaction=self.interaction.name,
            link=self.link.name,
            profile_type=self.link.profile_type,
            condition=together(self.conditions),
            having=having,
            period=period,
        )
        self.b.mark(found, self.source.span)
        return Found(found, self.link.profile_type)

    def _bind_step(self, step: ast.Step) -> None:
        match step:
            case ast.Filter():
                condition = bind_condition(self.b, self._standpoint(), step.condition)
                if condition is None:
                    self.is_sound = False
                else:
                    self.conditions.append(condition)
            case ast.Having() if self.having is None:
                self.having = step
            case ast.Having():
                self._refuse_second(step)
            case ast.Distinct():
                pass
            case ast.OrderBy() | ast.Skip() | ast.Take() | ast.Select():
                refuse_listing(self.b, step)
                self.is_sound = False
            case ast.Traverse():
                raise InvariantError("TRAVERSE ends the steps on interactions")
            case _:
                assert_never(step)

    def _refuse_second(self, step: ast.Having) -> None:
        self.is_sound = False
        self.b.refuse(
            ProblemCode.NOT_ALLOWED_HERE,
            "An INTERACTION has one HAVING at most.",
            step,
            hint="Write both conditions in one HAVING with AND, or INTERSECT two INTERACTIONs with a window each.",
        )

    def _bind_having(self, steps: tuple[ast.Step, ...]) -> tuple[bound.Condition | None, bound.Period | None]:
        """The condition on groups, None where any interaction will do, and the window."""
        if self.having is None:
            return None, None
        window = None
        if self.having.window is not None:
            window = bind_window(self.b, self.having.window)
            self.is_sound = self.is_sound and window is not None
        remedy = partial(profiles_without, self.source, steps, self.having, self.link) if self.link else None
        here = replace(self._standpoint(), where=Where.GROUP, remedy=remedy)
        having = bind_condition(self.b, here, self.having.condition)
        if having is None:
            self.is_sound = False
            return None, window
        sizes = sizes_of(having, self.b.group_sizes)
        return (None if sizes is not None and sizes.holds_from_one else having), window

    def _standpoint(self) -> Standpoint:
        elsewhere = {}
        if self.link is not None:
            target = self.link.profile_type
            elsewhere[target] = (
                f"FILTER before any TRAVERSE sees the fields of {self.interaction.name}. To filter the profiles of "
                f"{target}, put the chain in parentheses first: (INTERACTION(…)).FILTER(…)."
            )
        return Standpoint(record=self.interaction, elsewhere=elsewhere)
