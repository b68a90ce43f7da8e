"""Says why values do not go together: which types they have, and what to write instead."""

from seggql.errors import ProblemCode
from seggql.query import ast
from seggql.query.binding.binding import Binding
from seggql.query.binding.paths import Standpoint, Where, is_null, refuse_null
from seggql.query.binding.types import COMPARISON_KINDS, ComparisonKind, Family, Operand, type_name


def refuse_nulls(b: Binding, here: Standpoint, sides: tuple[ast.Expression, ...], *, is_negated: bool) -> bool:
    """Whether one of the sides is NULL; says what to write instead."""
    nulls = [side for side in sides if is_null(here, side)]
    tested = next((side for side in sides if isinstance(side, ast.Path) and side not in nulls), None)
    hint = f"Write {'ISNOTNULL' if is_negated else 'ISNULL'}({b.quote(tested) if tested else 'attribute'})."
    if here.where is Where.GROUP:
        hint = "For groups without any value write COUNTDISTINCT(attribute) == 0."
    for null in nulls:
        refuse_null(b, null, hint=hint)
    return bool(nulls)


def refuse_pair(b: Binding, node: ast.Node, left: Operand, right: Operand) -> None:
    """Two values of types that do not compare."""
    hint = None
    families = {left.family, right.family}
    if Family.OBJECT in families:
        hint = _field_hint(b, left if left.family is Family.OBJECT else right)
    elif families == {Family.INSTANT, Family.NUMBER}:
        hint = "Compare a date with a date, or a number with DATEDIFF(DAY, start, end) or DATEPART(YEAR, date)."
    elif families == {Family.TEXT, Family.NUMBER}:
        hint = "A number is written without quotes, a STRING within quotes."
    elif Family.BOOLEAN in families:
        hint = "A BOOLEAN is TRUE or FALSE, without quotes."
    elif Family.GUID in families:
        hint = "A GUID compares with another GUID, or with one within quotes."
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"{_described(b, left)}, and {_described(b, right)}: they do not compare.",
        node,
        hint=hint,
    )


def refuse_kind(b: Binding, node: ast.Node, word: str, operand: Operand) -> None:
    """A value whose type does not take the operator `word`."""
    kinds = COMPARISON_KINDS[operand.family]
    takes = " and ".join(kind.value for kind in ComparisonKind if kind in kinds)
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"{_described(b, operand)}, which does not take {word}.",
        node,
        hint=f"{operand.family.value} takes {takes} only." if kinds else _field_hint(b, operand),
    )


def _described(b: Binding, operand: Operand) -> str:
    """`Age is an INT`, `Tags holds items of type STRING`."""
    name = b.quote(operand.expression)
    if operand.is_item:
        return f"{name} holds items of type {operand.value.type.value}"
    return f"{name} is {type_name(operand.value)}"


def _field_hint(b: Binding, operand: Operand) -> str:
    """How to come from an object to something that compares."""
    name = b.quote(operand.expression)
    if operand.is_item:
        return f"Test a field of the items: ANY({name}, field == …)."
    return f"Compare a field of the object: {name}.field."


def refuse_array(b: Binding, node: ast.Node, word: str, left: Operand, right: Operand) -> None:
    """An array beside another one, or under an operator that takes single values only."""
    array, other = (left, right) if left.array else (right, left)
    name = b.quote(array.expression)
    if other.array:
        b.refuse(
            ProblemCode.TYPE_MISMATCH,
            f"{name} and {b.quote(other.expression)} are both arrays: they do not compare.",
            node,
            hint=f"Whether they share an item: ANY({name}, VALUE == type.attribute).",
        )
        return
    b.refuse(
        ProblemCode.TYPE_MISMATCH,
        f"{name} is {type_name(array.value)}, which does not take {word}.",
        node,
        hint=f"Say which items count: ANY({name}, VALUE {word} …) or ALL(…); LENGTH({name}) is their number.",
    )
