"""Writes the query that finds the profiles without interactions, which HAVING cannot."""

from seggql.catalog.model import Link
from seggql.query import ast
from seggql.query.printer import print_document

ANY_NUMBER = ast.Comparison(
    operator=ast.ComparisonOperator.GREATER,
    left=ast.Aggregate(function=ast.AggregateFunction.COUNT),
    right=ast.NumberLiteral(value=0),
)


def profiles_without(source: ast.InteractionSource, steps: tuple[ast.Step, ...], having: ast.Having, link: Link) -> str:
    """`PROFILE(T) EXCEPT INTERACTION(…)` with the FILTERs and the window of the chain at hand."""
    kept: list[ast.Step] = [step for step in steps if isinstance(step, ast.Filter)]
    if having.window is not None:
        kept.append(ast.Having(condition=ANY_NUMBER, window=having.window))
    interactions: ast.Set = ast.Chain(source=source, steps=tuple(kept)) if kept else source
    everyone = ast.ProfileSource(type=ast.Name(text=link.profile_type))
    operand = ast.SetOperand(operator=ast.SetOperator.EXCEPT, operand=interactions)
    return print_document(ast.Document(result=ast.SetOperation(first=everyone, rest=(operand,))))
