"""Goes through a bound tree: its sets, their conditions, the values in those."""

from collections.abc import Iterator
from typing import assert_never

from seggql.query import bound


def sets_in(root: bound.BoundSet) -> Iterator[bound.BoundSet]:
    """Every set below `root` and itself; one that stands in several places comes once."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        match node:
            case bound.Filtered() | bound.Traversed():
                stack.append(node.source)
            case bound.Combined():
                stack += [node.first, *(operand.operand for operand in node.rest)]
            case bound.Everyone() | bound.MembersOf() | bound.Interacted():
                pass
            case _:
                assert_never(node)


def conditions_of(node: bound.BoundSet) -> Iterator[bound.Condition]:
    """The conditions that the set itself tests, of records and of groups."""
    match node:
        case bound.Filtered():
            yield node.condition
        case bound.Traversed():
            if node.condition is not None:
                yield node.condition
        case bound.Interacted():
            yield from (condition for condition in (node.condition, node.having) if condition is not None)
        case bound.Everyone() | bound.MembersOf() | bound.Combined():
            pass
        case _:
            assert_never(node)


def reads_record(value: bound.Value) -> bool:
    """Whether the value depends on the record at hand, and is not the same for all."""
    match value:
        case bound.Constant() | bound.AsOf():
            return False
        case bound.KeyField() | bound.TimestampField() | bound.Field() | bound.LengthOf() | bound.Aggregated():
            return True
        case bound.Computed(left=left, right=right):
            return reads_record(left) or reads_record(right)
        case bound.DateAdded(amount=amount, date=date):
            return reads_record(amount) or reads_record(date)
        case bound.DateDifference(start=start, end=end):
            return reads_record(start) or reads_record(end)
        case bound.DateComponent(date=date):
            return reads_record(date)
        case _:
            assert_never(value)
