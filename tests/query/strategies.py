"""Random syntax trees (Hypothesis): every node of query/ast, in every place where the grammar lets it stand.

`documents()`, `sets()` and `expressions()` are what tests start from; `depth` bounds how far they nest.
"""

from collections.abc import Callable

from hypothesis import strategies as st

from seggql.query import ast

Draw = st.DrawFn
Operator = ast.ArithmeticOperator

NAMES = (
    *("Contact", "Age", "address1_city", "_", "x9", "Key", "Timestamp", "VALUE", "N" * 100),
    *("Filter", "Profile", "SEGMENT", "interaction", "Union", "except", "Not", "TRUE", "false", "And", "or", "In"),
    *("Count", "Date", "DateAdd", "Month", "UTCDAYS", "Between", "Contains", "IgnoreCase", "Reverse", "Asc", "Desc"),
)
"""Plain names, and names that are keywords elsewhere, which must come back as names."""

names = st.sampled_from([ast.Name(text=text) for text in NAMES])

strings = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["", "'", "''", "it's", "a\nb", "-- no comment", "`", '"', "(", "\\", "TRUE", "é𝄞"]
)
"""Text without NUL and halves of surrogate pairs, which can stand in no query."""

whole_numbers = st.integers(0, 10**40)
decimals = st.builds(
    lambda digits, places: digits.scaleb(-places),
    st.decimals(min_value=0, max_value=10**20, places=0).map(abs),
    st.integers(-20, 20),
)
_SUMS = (Operator.ADD, Operator.SUBTRACT)
_PRODUCTS = (Operator.MULTIPLY, Operator.DIVIDE)
_PARTS = [part for part in ast.DatePart if part is not ast.DatePart.WEEKDAY]
_AGGREGATES = [function for function in ast.AggregateFunction if function is not ast.AggregateFunction.COUNT]


@st.composite
def paths(draw: Draw) -> ast.Path:
    """One name to three."""
    return ast.Path(names=tuple(draw(st.lists(names, min_size=1, max_size=3))))


@st.composite
def atoms(draw: Draw) -> ast.Expression:
    """Expressions with no expression in them."""
    choices: list[Callable[[], ast.Expression]] = [
        lambda: draw(paths()),
        lambda: ast.StringLiteral(value=draw(strings)),
        lambda: ast.NumberLiteral(value=draw(whole_numbers)),
        lambda: ast.NumberLiteral(value=draw(decimals)),
        lambda: ast.BooleanLiteral(value=draw(st.booleans())),
        lambda: ast.IsNull(path=draw(paths()), negated=draw(st.booleans())),
        lambda: ast.Aggregate(function=ast.AggregateFunction.COUNT),
        lambda: ast.Aggregate(function=draw(st.sampled_from(_AGGREGATES)), path=draw(paths())),
        lambda: ast.Now(),
        lambda: ast.DateLiteral(numbers=tuple(draw(st.lists(st.integers(0, 9999), min_size=3, max_size=7)))),
        lambda: ast.Length(path=draw(paths())),
    ]
    return draw(st.sampled_from(choices))()


@st.composite
def expressions(draw: Draw, depth: int = 3) -> ast.Expression:
    """Conditions and values alike, as the grammar has them: most make no sense to the binder."""
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(atoms())
    inner = expressions(depth - 1)

    def several(least: int = 1) -> tuple[ast.Expression, ...]:
        return tuple(draw(st.lists(inner, min_size=least, max_size=3)))

    choices: list[Callable[[], ast.Expression]] = [
        lambda: _flat_or(several(2)),
        lambda: _flat_and(several(2)),
        lambda: ast.Not(operand=draw(inner)),
        lambda: ast.Comparison(
            operator=draw(st.sampled_from(ast.ComparisonOperator)), left=draw(inner), right=draw(inner)
        ),
        lambda: ast.Between(value=draw(inner), low=draw(inner), high=draw(inner), negated=draw(st.booleans())),
        lambda: ast.In(value=draw(inner), options=several(), negated=draw(st.booleans())),
        lambda: ast.TextTest(
            operator=draw(st.sampled_from(ast.TextOperator)),
            value=draw(inner),
            text=draw(inner),
            ignores_case=draw(st.booleans()),
            negated=draw(st.booleans()),
        ),
        lambda: _flat_arithmetic(draw(inner), draw(st.lists(_terms(_SUMS, inner), min_size=1, max_size=3))),
        lambda: _flat_arithmetic(draw(inner), draw(st.lists(_terms(_PRODUCTS, inner), min_size=1, max_size=3))),
        lambda: ast.Negation(operand=draw(inner)),
        lambda: ast.Quantifier(
            kind=draw(st.sampled_from(ast.QuantifierKind)), path=draw(paths()), condition=draw(inner)
        ),
        lambda: ast.DateAdd(part=draw(st.sampled_from(_PARTS)), amount=draw(inner), date=draw(inner)),
        lambda: ast.DateDiff(part=draw(st.sampled_from(_PARTS)), start=draw(inner), end=draw(inner)),
        lambda: ast.DatePartOf(part=draw(st.sampled_from(ast.DatePart)), date=draw(inner)),
    ]
    return draw(st.sampled_from(choices))()


@st.composite
def _terms(draw: Draw, operators: tuple[Operator, ...], inner: st.SearchStrategy[ast.Expression]) -> ast.Term:
    return ast.Term(operator=draw(st.sampled_from(operators)), operand=draw(inner))


def _flat_or(operands: tuple[ast.Expression, ...]) -> ast.Or:
    return ast.Or(operands=tuple(o for e in operands for o in (e.operands if isinstance(e, ast.Or) else [e])))


def _flat_and(operands: tuple[ast.Expression, ...]) -> ast.And:
    return ast.And(operands=tuple(o for e in operands for o in (e.operands if isinstance(e, ast.And) else [e])))


def _flat_arithmetic(first: ast.Expression, rest: list[ast.Term]) -> ast.Arithmetic:
    operators = _SUMS if rest[0].operator in _SUMS else _PRODUCTS
    if isinstance(first, ast.Arithmetic) and first.rest[0].operator in operators:
        return ast.Arithmetic(first=first.first, rest=(*first.rest, *rest))
    return ast.Arithmetic(first=first, rest=tuple(rest))


@st.composite
def windows(draw: Draw) -> ast.RelativeWindow | ast.BetweenWindow:
    """Windows of HAVING."""
    if draw(st.booleans()):
        return ast.RelativeWindow(unit=draw(st.sampled_from(ast.WindowUnit)), count=draw(st.integers(1, 10**6)))
    return ast.BetweenWindow(low=draw(expressions(1)), high=draw(expressions(1)))


@st.composite
def steps(draw: Draw) -> ast.Step:
    """Any step; only the binder minds where it stands."""
    counts = st.integers(0, 10**9)
    choices: list[Callable[[], ast.Step]] = [
        lambda: ast.Filter(condition=draw(expressions(2))),
        lambda: ast.Traverse(
            relationship=draw(names), reverse=draw(st.booleans()), condition=draw(st.none() | expressions(1))
        ),
        lambda: ast.Having(condition=draw(expressions(2)), window=draw(st.none() | windows())),
        lambda: ast.Distinct(),
        lambda: ast.OrderBy(keys=tuple(draw(st.lists(_order_keys(), min_size=1, max_size=3)))),
        lambda: ast.Skip(count=draw(counts)),
        lambda: ast.Take(count=draw(counts)),
        lambda: ast.Select(paths=tuple(draw(st.lists(paths(), min_size=1, max_size=3)))),
    ]
    return draw(st.sampled_from(choices))()


@st.composite
def _order_keys(draw: Draw) -> ast.OrderKey:
    return ast.OrderKey(path=draw(paths()), descending=draw(st.booleans()))


@st.composite
def sources(draw: Draw) -> ast.ProfileSource | ast.SegmentSource | ast.InteractionSource | ast.Reference:
    """Sets with no set in them."""
    name = draw(names)
    choices: list[ast.ProfileSource | ast.SegmentSource | ast.InteractionSource | ast.Reference] = [
        ast.ProfileSource(type=name),
        ast.SegmentSource(segment=name),
        ast.InteractionSource(type=name, link=draw(names)),
        ast.Reference(name=name),
    ]
    return draw(st.sampled_from(choices))


@st.composite
def sets(draw: Draw, depth: int = 2) -> ast.Set:
    """Sets as the parser makes them: flat, and with Grouped only around open chains of interactions."""
    kind = draw(st.sampled_from(["source", "chain", "operation", "grouped"])) if depth else "source"
    if kind == "source":
        return draw(sources())
    if kind == "operation":
        return draw(_operations(depth))
    after = tuple(draw(st.lists(steps(), min_size=1, max_size=3)))
    if kind == "grouped":
        return ast.Chain(source=ast.Grouped(set=draw(_open_chains())), steps=after)
    return ast.Chain(source=draw(sources() | _operations(depth)), steps=after)


@st.composite
def _operations(draw: Draw, depth: int) -> ast.SetOperation:
    first = draw(sets(depth - 1))
    rest = tuple(draw(st.lists(_operands(depth - 1), min_size=1, max_size=3)))
    if isinstance(first, ast.SetOperation):
        return ast.SetOperation(first=first.first, rest=first.rest + rest)
    return ast.SetOperation(first=first, rest=rest)


@st.composite
def _operands(draw: Draw, depth: int) -> ast.SetOperand:
    return ast.SetOperand(operator=draw(st.sampled_from(ast.SetOperator)), operand=draw(sets(depth)))


@st.composite
def _open_chains(draw: Draw) -> ast.InteractionSource | ast.Chain:
    """What Grouped stands around: interactions that no TRAVERSE has left yet."""
    source = ast.InteractionSource(type=draw(names), link=draw(names))
    before = tuple(step for step in draw(st.lists(steps(), max_size=2)) if not isinstance(step, ast.Traverse))
    return ast.Chain(source=source, steps=before) if before else source


@st.composite
def documents(draw: Draw) -> ast.Document:
    """Whole queries with up to two named parts."""
    parts = [ast.Part(name=draw(names), set=draw(sets(1))) for _ in range(draw(st.integers(0, 2)))]
    return ast.Document(parts=tuple(parts), result=draw(sets()))
