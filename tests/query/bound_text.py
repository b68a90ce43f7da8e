"""Writes bound trees as short texts, so that fixtures can be read."""

from typing import assert_never

from seggql.query import bound


def set_text(node: bound.BoundSet, indent: str = "") -> str:
    """One line for each set, what it is made of below it."""
    deeper = indent + "  "
    match node:
        case bound.Everyone(profile_type=name):
            return f"{indent}everyone {name}"
        case bound.MembersOf(segment=name, profile_type=type_):
            return f"{indent}members of {name} ({type_})"
        case bound.Interacted():
            lines = [f"{indent}{node.profile_type} with {node.interaction} by {node.link}"]
            if node.condition is not None:
                lines.append(f"{deeper}where {condition_text(node.condition)}")
            if node.having is not None:
                lines.append(f"{deeper}having {condition_text(node.having)}")
            if node.period is not None:
                lines.append(f"{deeper}within {period_text(node.period)}")
            return "\n".join(lines)
        case bound.Filtered(source=source, condition=condition):
            return f"{indent}{node.profile_type} where {condition_text(condition)}\n{set_text(source, deeper)}"
        case bound.Traversed(source=source, condition=condition):
            edges = "" if condition is None else f" where {condition_text(condition)}"
            way = f"{node.relationship} {node.direction.value.lower()}"
            return f"{indent}{node.profile_type} over {way}{edges}\n{set_text(source, deeper)}"
        case bound.Combined(first=first, rest=rest):
            lines = [f"{indent}combined {node.profile_type}", set_text(first, deeper)]
            lines += [f"{deeper}{each.operator.value}\n{set_text(each.operand, deeper)}" for each in rest]
            return "\n".join(lines)
        case _:
            assert_never(node)


def period_text(period: bound.Period) -> str:
    """A window."""
    match period:
        case bound.RelativePeriod(unit=unit, count=count):
            return f"{unit.value}({count})"
        case bound.BetweenPeriod(low=low, high=high):
            return f"{value_text(low)} .. {value_text(high)}"
        case _:
            assert_never(period)


def condition_text(condition: bound.Condition) -> str:
    """A condition, in parentheses wherever it has parts."""
    match condition:
        case bound.All(operands=operands):
            return f"({' and '.join(map(condition_text, operands))})"
        case bound.Any(operands=operands):
            return f"({' or '.join(map(condition_text, operands))})"
        case bound.Not(operand=operand):
            return f"not {condition_text(operand)}"
        case bound.Compare(operator=operator, left=left, right=right):
            return f"{value_text(left)} {operator.value} {value_text(right)}"
        case bound.OneOf(value=value, options=options):
            return f"{value_text(value)} in [{', '.join(map(value_text, options))}]"
        case bound.Text(operator=operator, value=value, text=text, ignores_case=ignores_case):
            suffix = " ignoring case" if ignores_case else ""
            return f"{value_text(value)} {operator.value.lower()} {value_text(text)}{suffix}"
        case bound.Missing(field=field):
            return f"missing {value_text(field)}"
        case bound.Quantified(kind=kind, array=array, condition=inner):
            return f"{kind.value.lower()} of {value_text(array)}: {condition_text(inner)}"
        case _:
            assert_never(condition)


def value_text(value: bound.Value) -> str:
    """A value; fields with the depth of their item as `^`, constants with their type."""
    match value:
        case bound.Constant(value=constant, type=type_):
            return f"{constant!r}:{type_.value}" if isinstance(constant, bool | str) else f"{constant}:{type_.value}"
        case bound.KeyField():
            return "@key"
        case bound.TimestampField():
            return "@timestamp"
        case bound.Field(names=names, depth=depth, is_array=is_array):
            return f"{'^' * depth}{'.'.join(names) or 'item'}{'[]' if is_array else ''}"
        case bound.AsOf():
            return "@now"
        case bound.Computed(operator=operator, left=left, right=right, type=type_):
            return f"({value_text(left)} {operator.value} {value_text(right)}):{type_.value}"
        case bound.DateAdded(part=part, amount=amount, date=date):
            return f"add({part.value}, {value_text(amount)}, {value_text(date)})"
        case bound.DateDifference(part=part, start=start, end=end):
            return f"diff({part.value}, {value_text(start)}, {value_text(end)})"
        case bound.DateComponent(part=part, date=date):
            return f"part({part.value}, {value_text(date)})"
        case bound.LengthOf(field=field):
            return f"length({value_text(field)})"
        case bound.Aggregated(function=function, field=of, type=type_):
            return f"{function.value.lower()}({'' if of is None else value_text(of)}):{type_.value}"
        case _:
            assert_never(value)
