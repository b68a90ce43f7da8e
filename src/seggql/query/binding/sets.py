"""Binds sets: sources, named parts, set algebra; the steps of chains stand in bind_chains.py."""

from dataclasses import dataclass, field
from typing import assert_never

from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.binding.binding import Binding
from seggql.query.binding.chains import ProfileChain
from seggql.query.binding.found import FAULTY, Found
from seggql.query.binding.interactions import InteractionChain
from seggql.query.binding.names import find_interaction, find_profile_type, find_segment


@dataclass(slots=True)
class SetBinder:
    """Binds the sets of one document, each part once: whoever names it shares what it stands for.

    `later` are the names of all parts, for messages; a part is known from its definition on.
    """

    b: Binding
    later: frozenset[str] = frozenset()
    parts: dict[str, Found] = field(default_factory=dict)

    def define(self, part: ast.Part) -> None:
        """Binds a part and keeps it under its name."""
        found = self.bind(part.set)
        if part.name.text in self.parts:
            self.b.refuse(
                ProblemCode.NOT_ALLOWED_HERE,
                f"The part {part.name.text} has been defined before.",
                part.name,
                hint="Give this one another name.",
            )
            return
        self.parts[part.name.text] = found

    def bind(self, node: ast.Set) -> Found:
        """What a set stands for."""
        match node:
            case ast.ProfileSource():
                profile_type = find_profile_type(self.b, node.type)
                return Found(bound.Everyone(profile_type=profile_type), profile_type) if profile_type else FAULTY
            case ast.SegmentSource():
                return find_segment(self.b, node.segment)
            case ast.Reference():
                return self._bind_reference(node)
            case ast.InteractionSource():
                return self._bind_interactions(node, ())[0]
            case ast.Grouped():
                return self.bind(node.set)
            case ast.Chain():
                return self._bind_chain(node)
            case ast.SetOperation():
                return self._bind_operation(node)
            case _:
                assert_never(node)

    def _bind_reference(self, reference: ast.Reference) -> Found:
        name = reference.name
        if name.text in self.parts:
            return self.parts[name.text]
        if name.text in self.later and name.text not in self.b.scope.segments:
            self.b.refuse(
                ProblemCode.UNKNOWN_SEGMENT,
                f"The part {name.text} is used before its definition.",
                name,
                hint="Move the definition up; a part cannot use itself.",
            )
            return FAULTY
        return find_segment(self.b, name, parts=self.parts)

    def _bind_chain(self, chain: ast.Chain) -> Found:
        steps = chain.steps
        if isinstance(chain.source, ast.InteractionSource):
            found, steps = self._bind_interactions(chain.source, steps)
        else:
            found = self.bind(chain.source)
        return ProfileChain(self.b, found).bind(steps)

    def _bind_interactions(
        self, source: ast.InteractionSource, steps: tuple[ast.Step, ...]
    ) -> tuple[Found, tuple[ast.Step, ...]]:
        """The interactions with the steps that are on them, and the steps that are left: from the first TRAVERSE on."""
        end = next((i for i, step in enumerate(steps) if isinstance(step, ast.Traverse)), len(steps))
        interaction, link = find_interaction(self.b, source)
        if interaction is None:
            return FAULTY, steps[end:]
        return InteractionChain(self.b, source, interaction, link).bind(steps[:end]), steps[end:]

    def _bind_operation(self, operation: ast.SetOperation) -> Found:
        first = self.bind(operation.first)
        profile_type, segments = first.profile_type, first.segments
        are_alike = True
        rest: list[bound.CombinedOperand] = []
        for operand in operation.rest:
            found = self.bind(operand.operand)
            segments |= found.segments
            if found.profile_type and profile_type and found.profile_type != profile_type:
                self._refuse_types(operand, profile_type, found.profile_type)
                are_alike = False
            elif found.set is not None:
                rest.append(bound.CombinedOperand(operator=operand.operator, operand=found.set))
            profile_type = profile_type or found.profile_type
        if first.set is None or profile_type is None or len(rest) < len(operation.rest):
            return Found(None, profile_type if are_alike else None, segments)
        return Found(
            bound.Combined(first=first.set, rest=tuple(rest), profile_type=profile_type), profile_type, segments
        )

    def _refuse_types(self, operand: ast.SetOperand, left: str, right: str) -> None:
        between = sorted(r.name for r in self.b.scope.catalog.relationships_of(right) if left in (r.source, r.target))
        self.b.refuse(
            ProblemCode.SET_TYPE_MISMATCH,
            f"{operand.operator.value} takes sets of one type: profiles of {left} stand on its left, of {right} on its "
            "right.",
            operand.operand,
            hint=f".TRAVERSE({between[0]}) leads from {right} to {left}." if between else None,
        )
