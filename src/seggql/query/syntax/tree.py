"""What the productions of documents, sets and steps in grammar.lark become in the syntax tree, in grammar order."""

from itertools import groupby

from seggql.query import ast
from seggql.query.source import Span
from seggql.query.syntax.expression_tree import ExpressionBuilder
from seggql.query.syntax.productions import Spanned, of_children, of_tokens


@of_children
class TreeBuilder(ExpressionBuilder):
    """Builds documents bottom-up while lark parses, so that no depth of nesting overflows the stack."""

    def start(self, _span: Span, document: ast.Document) -> ast.Document:
        return document

    def document(self, span: Span, *parts_and_result: ast.Part | ast.Set) -> ast.Document:
        parts = tuple(part for part in parts_and_result if isinstance(part, ast.Part))
        (result,) = (_bare(set_) for set_ in parts_and_result if not isinstance(set_, ast.Part))
        return ast.Document(parts=parts, result=result, span=span)

    def part(self, span: Span, name: ast.Name, set_: ast.Set) -> ast.Part:
        return ast.Part(name=name, set=_bare(set_), span=span)

    # ------------------------------------------------------------ sets

    def set_operation(self, span: Span, first: ast.Set, *rest: ast.SetOperand) -> ast.SetOperation:
        return _combined(first, rest, span)

    def set_operand(self, span: Span, operator: ast.SetOperator, operand: ast.Set) -> ast.SetOperand:
        return ast.SetOperand(operator=operator, operand=_bare(operand), span=span)

    @of_tokens
    def set_operator(self, span: Span, word: str) -> Spanned[ast.SetOperator]:
        return Spanned(ast.SetOperator("EXCEPT" if word.upper() == "MINUS" else word.upper()), span)

    def chain(self, span: Span, source: ast.Set, *steps: ast.Step | ast.SetOperand) -> ast.Set:
        current = source
        for _, group in groupby(steps, key=lambda step: isinstance(step, ast.SetOperand)):
            run = tuple(group)
            here = Span(span.start, run[-1].span.end)
            algebra = tuple(step for step in run if isinstance(step, ast.SetOperand))
            if algebra:
                current = _combined(current, algebra, here)
            else:
                current = _followed(current, tuple(s for s in run if not isinstance(s, ast.SetOperand)), here)
        return current

    def grouped(self, span: Span, set_: ast.Set) -> Spanned[ast.Set]:
        return Spanned(ast.Grouped(set=set_, span=span) if _is_open(set_) else set_, span)

    def profile_source(self, span: Span, type_: ast.Name) -> ast.ProfileSource:
        return ast.ProfileSource(type=type_, span=span)

    def segment_source(self, span: Span, segment: ast.Name) -> ast.SegmentSource:
        return ast.SegmentSource(segment=segment, span=span)

    def interaction_source(self, span: Span, type_: ast.Name, link: ast.Name) -> ast.InteractionSource:
        return ast.InteractionSource(type=type_, link=link, span=span)

    def reference(self, span: Span, name: ast.Name) -> ast.Reference:
        return ast.Reference(name=name, span=span)

    # ------------------------------------------------------------ steps

    def filter(self, span: Span, condition: ast.Expression) -> ast.Filter:
        return ast.Filter(condition=condition, span=span)

    def traverse(
        self, span: Span, relationship: ast.Name, reverse: bool | None, condition: ast.Expression | None
    ) -> ast.Traverse:
        return ast.Traverse(relationship=relationship, reverse=bool(reverse), condition=condition, span=span)

    @of_tokens
    def reverse(self, span: Span, *_tokens: str) -> Spanned[bool]:
        return Spanned(True, span)

    def edge_filter(self, span: Span, condition: ast.Expression) -> Spanned[ast.Expression]:
        return Spanned(condition, span)

    def having(
        self, span: Span, condition: ast.Expression, window: ast.RelativeWindow | ast.BetweenWindow | None
    ) -> ast.Having:
        return ast.Having(condition=condition, window=window, span=span)

    def distinct(self, span: Span) -> ast.Distinct:
        return ast.Distinct(span=span)

    def set_step(self, span: Span, operator: ast.SetOperator, operand: ast.Set) -> ast.SetOperand:
        return ast.SetOperand(operator=operator, operand=_bare(operand), span=span)

    def order_by(self, span: Span, *keys: ast.OrderKey) -> ast.OrderBy:
        return ast.OrderBy(keys=keys, span=span)

    def order_key(self, span: Span, path: ast.Path, direction: str | None) -> ast.OrderKey:
        return ast.OrderKey(path=path, descending=direction == "DESC", span=span)

    @of_tokens
    def direction(self, span: Span, word: str) -> Spanned[str]:
        return Spanned(word.upper(), span)

    @of_tokens
    def skip(self, span: Span, *texts: str) -> ast.Skip:
        return ast.Skip(count=_count(texts), span=span)

    @of_tokens
    def take(self, span: Span, *texts: str) -> ast.Take:
        return ast.Take(count=_count(texts), span=span)

    def select(self, span: Span, *paths: ast.Path) -> ast.Select:
        return ast.Select(paths=paths, span=span)

    # ------------------------------------------------------------ windows

    def relative_window(self, span: Span, unit: ast.WindowUnit, count: int) -> ast.RelativeWindow:
        return ast.RelativeWindow(unit=unit, count=count, span=span)

    @of_tokens
    def window_unit(self, span: Span, word: str) -> Spanned[ast.WindowUnit]:
        return Spanned(ast.WindowUnit(word.upper()), span)

    @of_tokens
    def window_count(self, span: Span, digits: str) -> Spanned[int]:
        return Spanned(int(digits), span)

    def between_window(self, span: Span, low: ast.Expression, high: ast.Expression) -> ast.BetweenWindow:
        return ast.BetweenWindow(low=low, high=high, span=span)


def _count(texts: tuple[str, ...]) -> int:
    """The one number among the tokens of SKIP or TAKE."""
    return next(int(text) for text in texts if text.isdigit())


def _bare(set_: ast.Set) -> ast.Set:
    """`set_` without parentheses that no step follows."""
    return set_.set if isinstance(set_, ast.Grouped) else set_


def _is_open(set_: ast.Set) -> bool:
    """Whether a FILTER that followed without parentheses would be on interactions."""
    source, steps = (set_.source, set_.steps) if isinstance(set_, ast.Chain) else (set_, ())
    return isinstance(source, ast.InteractionSource) and not any(isinstance(step, ast.Traverse) for step in steps)


def _combined(first: ast.Set, rest: tuple[ast.SetOperand, ...], span: Span) -> ast.SetOperation:
    """`first op a op b …`, flat on the left."""
    first = _bare(first)
    if isinstance(first, ast.SetOperation):
        return ast.SetOperation(first=first.first, rest=first.rest + rest, span=span)
    return ast.SetOperation(first=first, rest=rest, span=span)


def _followed(source: ast.Set, steps: tuple[ast.Step, ...], span: Span) -> ast.Chain:
    """`source` with `steps` after it; the steps of a chain in parentheses that are not needed are its own."""
    if isinstance(source, ast.Chain):
        return ast.Chain(source=source.source, steps=source.steps + steps, span=span)
    return ast.Chain(source=source, steps=steps, span=span)
