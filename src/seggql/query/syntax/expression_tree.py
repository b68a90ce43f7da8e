"""What the productions of expressions in grammar.lark become in the syntax tree: a method each, in grammar order."""

from decimal import Decimal

from lark import Token, Transformer

from seggql.query import ast
from seggql.query.source import Span
from seggql.query.syntax.productions import Spanned, of_children, of_tokens

ADDITIVE = frozenset({ast.ArithmeticOperator.ADD, ast.ArithmeticOperator.SUBTRACT})
"""The operators that bind weaker; the others are one rank too."""

_SYNONYMS = {"=": "==", "<>": "!="}


@of_children
class ExpressionBuilder(Transformer[Token, ast.Document]):
    """Builds expressions bottom-up while lark parses, so that no depth of nesting overflows the stack."""

    def disjunction(self, span: Span, *operands: ast.Expression) -> ast.Or:
        flat = [o for operand in operands for o in (operand.operands if isinstance(operand, ast.Or) else (operand,))]
        return ast.Or(operands=tuple(flat), span=span)

    def conjunction(self, span: Span, *operands: ast.Expression) -> ast.And:
        flat = [o for operand in operands for o in (operand.operands if isinstance(operand, ast.And) else (operand,))]
        return ast.And(operands=tuple(flat), span=span)

    def negated(self, span: Span, operand: ast.Expression) -> ast.Not:
        return ast.Not(operand=operand, span=span)

    # ------------------------------------------------------------ predicates

    def comparison(
        self, span: Span, left: ast.Expression, operator: ast.ComparisonOperator, right: ast.Expression
    ) -> ast.Comparison:
        return ast.Comparison(operator=operator, left=left, right=right, span=span)

    def between(
        self, span: Span, value: ast.Expression, negation: bool | None, low: ast.Expression, high: ast.Expression
    ) -> ast.Between:
        return ast.Between(value=value, low=low, high=high, negated=bool(negation), span=span)

    def membership(self, span: Span, value: ast.Expression, negation: bool | None, *options: ast.Expression) -> ast.In:
        return ast.In(value=value, options=options, negated=bool(negation), span=span)

    def text_test(
        self,
        span: Span,
        value: ast.Expression,
        negation: bool | None,
        operator: ast.TextOperator,
        text: ast.Expression,
        ignoring_case: bool | None,
    ) -> ast.TextTest:
        return ast.TextTest(
            operator=operator,
            value=value,
            text=text,
            ignores_case=bool(ignoring_case),
            negated=bool(negation),
            span=span,
        )

    @of_tokens
    def negation(self, span: Span, _word: str) -> Spanned[bool]:
        return Spanned(True, span)

    @of_tokens
    def comparison_operator(self, span: Span, symbol: str) -> Spanned[ast.ComparisonOperator]:
        return Spanned(ast.ComparisonOperator(_SYNONYMS.get(symbol, symbol)), span)

    @of_tokens
    def text_operator(self, span: Span, word: str) -> Spanned[ast.TextOperator]:
        return Spanned(ast.TextOperator(word.upper()), span)

    @of_tokens
    def ignoring_case(self, span: Span, _word: str) -> Spanned[bool]:
        return Spanned(True, span)

    # ------------------------------------------------------------ values

    def arithmetic(self, span: Span, first: ast.Expression, *rest: ast.Term) -> ast.Arithmetic:
        if isinstance(first, ast.Arithmetic) and _is_additive(first.rest[0]) == _is_additive(rest[0]):
            return ast.Arithmetic(first=first.first, rest=(*first.rest, *rest), span=span)
        return ast.Arithmetic(first=first, rest=rest, span=span)

    def term(self, span: Span, operator: ast.ArithmeticOperator, operand: ast.Expression) -> ast.Term:
        return ast.Term(operator=operator, operand=operand, span=span)

    @of_tokens
    def arithmetic_operator(self, span: Span, symbol: str) -> Spanned[ast.ArithmeticOperator]:
        return Spanned(ast.ArithmeticOperator(symbol), span)

    def minus(self, span: Span, operand: ast.Expression) -> ast.Negation:
        return ast.Negation(operand=operand, span=span)

    def parentheses(self, span: Span, expression: ast.Expression) -> Spanned[ast.Expression]:
        return Spanned(expression, span)

    @of_tokens
    def string(self, span: Span, text: str) -> ast.StringLiteral:
        return ast.StringLiteral(value=text[1:-1].replace("''", "'"), span=span)

    @of_tokens
    def number(self, span: Span, digits: str) -> ast.NumberLiteral:
        return ast.NumberLiteral(value=int(digits) if digits.isdigit() else Decimal(digits), span=span)

    @of_tokens
    def true(self, span: Span, _word: str) -> ast.BooleanLiteral:
        return ast.BooleanLiteral(value=True, span=span)

    @of_tokens
    def false(self, span: Span, _word: str) -> ast.BooleanLiteral:
        return ast.BooleanLiteral(value=False, span=span)

    def is_null(self, span: Span, path: ast.Path) -> ast.IsNull:
        return ast.IsNull(path=path, span=span)

    def is_not_null(self, span: Span, path: ast.Path) -> ast.IsNull:
        return ast.IsNull(path=path, negated=True, span=span)

    def quantifier(
        self, span: Span, kind: ast.QuantifierKind, path: ast.Path, condition: ast.Expression
    ) -> ast.Quantifier:
        return ast.Quantifier(kind=kind, path=path, condition=condition, span=span)

    @of_tokens
    def quantifier_kind(self, span: Span, word: str) -> Spanned[ast.QuantifierKind]:
        return Spanned(ast.QuantifierKind(word.upper()), span)

    # ------------------------------------------------------------ functions

    def count(self, span: Span) -> ast.Aggregate:
        return ast.Aggregate(function=ast.AggregateFunction.COUNT, span=span)

    def aggregate(self, span: Span, function: ast.AggregateFunction, path: ast.Path) -> ast.Aggregate:
        return ast.Aggregate(function=function, path=path, span=span)

    @of_tokens
    def aggregate_function(self, span: Span, word: str) -> Spanned[ast.AggregateFunction]:
        return Spanned(ast.AggregateFunction(word.upper()), span)

    def now(self, span: Span) -> ast.Now:
        return ast.Now(span=span)

    @of_tokens
    def date(self, span: Span, *texts: str) -> ast.DateLiteral:
        return ast.DateLiteral(numbers=tuple(int(text) for text in texts if text.isdigit()), span=span)

    def date_add(self, span: Span, part: ast.DatePart, amount: ast.Expression, date: ast.Expression) -> ast.DateAdd:
        return ast.DateAdd(part=part, amount=amount, date=date, span=span)

    def date_diff(self, span: Span, part: ast.DatePart, start: ast.Expression, end: ast.Expression) -> ast.DateDiff:
        return ast.DateDiff(part=part, start=start, end=end, span=span)

    def date_part_of(self, span: Span, part: ast.DatePart, date: ast.Expression) -> ast.DatePartOf:
        return ast.DatePartOf(part=part, date=date, span=span)

    @of_tokens
    def date_part(self, span: Span, word: str) -> Spanned[ast.DatePart]:
        return Spanned(ast.DatePart(word.upper()), span)

    def length(self, span: Span, path: ast.Path) -> ast.Length:
        return ast.Length(path=path, span=span)

    # ------------------------------------------------------------ names

    def path(self, span: Span, *names: ast.Name) -> ast.Path:
        return ast.Path(names=names, span=span)

    @of_tokens
    def type(self, span: Span, text: str) -> ast.Name:
        return ast.Name(text=text.strip("`'"), span=span)

    @of_tokens
    def name(self, span: Span, text: str) -> ast.Name:
        return ast.Name(text=text.strip("`"), span=span)


def _is_additive(term: ast.Term) -> bool:
    return term.operator in ADDITIVE
