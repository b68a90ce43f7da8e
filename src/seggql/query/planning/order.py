"""Puts the operands of unions and intersections in order: cheap sides first, for what they find restricts the rest."""

from collections.abc import Iterable

from seggql.query.ast import SetOperator
from seggql.query.plan import Algebra, AlgebraOperand, Hop, Plan
from seggql.query.planning.estimates import Statistics, estimate
from seggql.query.planning.groups import Group, Join, Meet

DEEP = 8
"""An operand nested deeper than this goes first, where algebra needs no nesting: chains of any length stay flat."""


def ordered(group: Group, statistics: Statistics) -> Plan:
    """`group` as algebra from left to right.

    An intersection begins with its cheapest kept operand; kept and removed ones follow by cost, each restricted by all
    that stand before it. A union begins with its cheapest operand too, so that a preview finds members soon.
    """
    match group:
        case Join(operands=operands):
            plans = _cheap_first((ordered(operand, statistics) for operand in operands), statistics)
            rest = [AlgebraOperand(operator=SetOperator.UNION, operand=operand) for operand in plans[1:]]
            return _algebra(plans[0], rest, group.profile_type)
        case Meet(kept=kept, removed=removed):
            plans = _cheap_first((ordered(operand, statistics) for operand in kept), statistics)
            rest = [AlgebraOperand(operator=SetOperator.INTERSECT, operand=operand) for operand in plans[1:]]
            taken = (ordered(operand, statistics) for operand in removed)
            rest.extend(AlgebraOperand(operator=SetOperator.EXCEPT, operand=operand) for operand in taken)
            rest.sort(key=lambda step: estimate(step.operand, statistics).cost_us)
            return _algebra(plans[0], rest, group.profile_type)
        case _:
            return group


def depth(plan: Plan) -> int:
    """How deep operands and sources are nested; 1 for an operator that stands alone."""
    match plan:
        case Algebra(first=first, rest=rest):
            return max(depth(first), *(1 + depth(step.operand) for step in rest))
        case Hop(source=source):
            return 1 + depth(source)
        case _:
            return 1


def _cheap_first(plans: Iterable[Plan], statistics: Statistics) -> list[Plan]:
    return sorted(plans, key=lambda plan: (depth(plan) <= DEEP, estimate(plan, statistics).cost_us))


def _algebra(first: Plan, rest: list[AlgebraOperand], profile_type: str) -> Plan:
    """Left to right, without nesting on the left."""
    if isinstance(first, Algebra):
        return Algebra(first=first.first, rest=(*first.rest, *rest), profile_type=profile_type)
    return Algebra(first=first, rest=tuple(rest), profile_type=profile_type) if rest else first
