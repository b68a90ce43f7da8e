"""Random bound queries over the small world: every construct of the language, well typed."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from seggql.catalog.model import Attribute, AttributeType
from seggql.query import bound
from seggql.query.ast import (
    AggregateFunction,
    ArithmeticOperator,
    ComparisonOperator,
    DatePart,
    QuantifierKind,
    SetOperator,
    TextOperator,
    WindowUnit,
)
from tests.evaluation.small_world import CATALOG, POOLS

T = AttributeType
NUMBERS = (T.INT, T.LONG, T.DOUBLE, T.DECIMAL)
PATTERNS = ("^a", "a$", r"\w+n", "A|k", "", r"^\$", "[^a-z]", "s")
PARTS = tuple(part for part in DatePart if part is not DatePart.WEEKDAY)
OPERATORS = tuple(ComparisonOperator)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Place:
    """Where a condition stands: what it can read there, and how many quantifiers are around."""

    scalars: tuple[Any, ...]
    arrays: tuple[tuple[bound.Field, Attribute], ...] = ()
    depth: int = 0

    def of(self, *types: AttributeType) -> list[Any]:
        """The scalars of some types."""
        return [value for value in self.scalars if value.type in types]


def place(attributes: tuple[Attribute, ...], *built_in: Any, depth: int = 0, outer: Place | None = None) -> Place:
    """What a condition over a record, or an item, with these attributes can read."""
    scalars: list[Any] = list(built_in)
    arrays: list[tuple[bound.Field, Attribute]] = []
    _collect(attributes, (), depth, scalars, arrays)
    if outer is not None:
        scalars, arrays = [*scalars, *outer.scalars], [*arrays, *outer.arrays]
    return Place(scalars=tuple(scalars), arrays=tuple(arrays), depth=depth)


def _collect(
    attributes: tuple[Attribute, ...], prefix: tuple[str, ...], depth: int, scalars: list[Any], arrays: list[Any]
) -> None:
    for attribute in attributes:
        names = (*prefix, attribute.name)
        field = bound.Field(names=names, type=attribute.type, is_array=attribute.is_array, depth=depth)
        if attribute.is_array:
            arrays.append((field, attribute))
        elif attribute.type is T.OBJECT:
            scalars.append(field)
            _collect(attribute.attributes, names, depth, scalars, arrays)
        else:
            scalars.append(field)


def items_place(array: bound.Field, attribute: Attribute, outer: Place) -> Place:
    """What a condition over the items of `array` can read."""
    depth = array.depth + 1
    if attribute.type is T.OBJECT:
        return place(attribute.attributes, depth=depth, outer=outer)
    return place((), bound.Field(names=(), type=attribute.type, depth=depth), depth=depth, outer=outer)


# ---------------------------------------------------------------- values


def constants(*types: AttributeType) -> st.SearchStrategy[bound.Constant]:
    """Literals of some types."""
    known = [bound.Constant(value=value, type=type) for type in types for value in POOLS[type]]
    return st.sampled_from(known)


@st.composite
def numbers(draw: st.DrawFn, here: Place, budget: int) -> bound.Value:
    """A number: an attribute, a literal, arithmetic, a part or difference of dates, a length."""
    choices = ["constant", "field", "field"]
    if budget > 0:
        choices += ["computed", "difference", "component", "length"]
    match draw(st.sampled_from(choices)):
        case "field" if here.of(*NUMBERS):
            field: bound.Value = draw(st.sampled_from(here.of(*NUMBERS)))
            return field
        case "computed":
            left, right = draw(numbers(here, budget - 1)), draw(numbers(here, budget - 1))
            type = T.DECIMAL if T.DECIMAL in (left.type, right.type) else T.DOUBLE
            operator = draw(st.sampled_from(list(ArithmeticOperator)))
            return bound.Computed(operator=operator, left=left, right=right, type=type)
        case "difference":
            start, end = draw(dates(here, budget - 1)), draw(dates(here, budget - 1))
            return bound.DateDifference(part=draw(st.sampled_from(PARTS)), start=start, end=end)
        case "component":
            return bound.DateComponent(part=draw(st.sampled_from(list(DatePart))), date=draw(dates(here, budget - 1)))
        case "length" if measurable(here):
            return bound.LengthOf(field=draw(st.sampled_from(measurable(here))))
        case _:
            return draw(constants(*NUMBERS))


def measurable(here: Place) -> list[Any]:
    """What LENGTH takes."""
    texts = [value for value in here.of(T.STRING) if isinstance(value, bound.Field | bound.KeyField)]
    return [*texts, *(array for array, _ in here.arrays)]


@st.composite
def dates(draw: st.DrawFn, here: Place, budget: int) -> bound.Value:
    """A date: an attribute, a literal, now, an addition."""
    match draw(st.sampled_from(["constant", "field", "field", "now", *(["added"] if budget > 0 else [])])):
        case "field" if here.of(T.DATETIME):
            field: bound.Value = draw(st.sampled_from(here.of(T.DATETIME)))
            return field
        case "now":
            return bound.AsOf()
        case "added":
            amount, date = draw(numbers(here, budget - 1)), draw(dates(here, budget - 1))
            return bound.DateAdded(part=draw(st.sampled_from(PARTS)), amount=amount, date=date)
        case _:
            return draw(constants(T.DATETIME))


@st.composite
def texts(draw: st.DrawFn, here: Place) -> bound.Value:
    """A string."""
    fields = here.of(T.STRING)
    text: bound.Value = draw(st.one_of(constants(T.STRING), *([st.sampled_from(fields)] if fields else [])))
    return text


@st.composite
def pairs(draw: st.DrawFn, here: Place, budget: int) -> tuple[ComparisonOperator, bound.Value, bound.Value]:
    """An operator and two values that it compares."""
    operator = draw(st.sampled_from(OPERATORS))
    equality = draw(st.sampled_from([ComparisonOperator.EQUAL, ComparisonOperator.NOT_EQUAL]))
    match draw(st.sampled_from(["number", "number", "text", "date", "date", "boolean", "guid"])):
        case "boolean" if here.of(T.BOOLEAN):
            return equality, draw(st.sampled_from(here.of(T.BOOLEAN))), draw(constants(T.BOOLEAN))
        case "guid" if here.of(T.GUID):
            return equality, draw(st.sampled_from(here.of(T.GUID))), draw(constants(T.GUID))
        case "text":
            return operator, draw(texts(here)), draw(texts(here))
        case "date":
            return operator, draw(dates(here, budget)), draw(dates(here, budget))
        case _:
            return operator, draw(numbers(here, budget)), draw(numbers(here, budget))


# ---------------------------------------------------------------- conditions


@st.composite
def conditions(draw: st.DrawFn, here: Place, budget: int = 3) -> bound.Condition:
    """A condition that can stand at `here`."""
    kinds = ["compare", "compare", "one of", "text", "missing"]
    if budget > 0:
        kinds += ["all", "any", "not", "quantified", "quantified"]
    match draw(st.sampled_from(kinds)):
        case "all":
            return bound.All(operands=tuple(draw(st.lists(conditions(here, budget - 1), min_size=2, max_size=3))))
        case "any":
            return bound.Any(operands=tuple(draw(st.lists(conditions(here, budget - 1), min_size=2, max_size=3))))
        case "not":
            return bound.Not(operand=draw(conditions(here, budget - 1)))
        case "quantified" if here.arrays and here.depth < 2:
            array, attribute = draw(st.sampled_from(here.arrays))
            if array.depth == here.depth:
                inner = draw(conditions(items_place(array, attribute, here), budget - 1))
                kind = draw(st.sampled_from(list(QuantifierKind)))
                return bound.Quantified(kind=kind, array=array, condition=inner)
    return draw(leaves(here, budget))


@st.composite
def leaves(draw: st.DrawFn, here: Place, budget: int) -> bound.Condition:
    """A condition without conditions in it."""
    match draw(st.sampled_from(["compare", "compare", "one of", "text", "missing"])):
        case "one of":
            _, value, first = draw(pairs(here, 1))
            more = [option for _, _, option in draw(st.lists(pairs(here, 0), max_size=3)) if _same(option, first)]
            return bound.OneOf(value=value, options=(first, *more))
        case "text":
            ignores_case = draw(st.booleans())
            kind = draw(st.sampled_from(list(TextOperator)))
            text = draw(texts(here))
            if kind is TextOperator.MATCHES:
                text = bound.Constant(value=draw(st.sampled_from(PATTERNS)), type=T.STRING)
            return bound.Text(operator=kind, value=draw(texts(here)), text=text, ignores_case=ignores_case)
        case "missing":
            fields = [*here.scalars, *(array for array, _ in here.arrays)]
            known = [
                field for field in fields if isinstance(field, bound.Field | bound.KeyField | bound.TimestampField)
            ]
            if known:
                return bound.Missing(field=draw(st.sampled_from(known)))
    operator, left, right = draw(pairs(here, min(budget, 2)))
    return bound.Compare(operator=operator, left=left, right=right)


def _same(one: bound.Value, other: bound.Value) -> bool:
    """Whether two values are of one kind."""
    return one.type is other.type or (one.type in NUMBERS and other.type in NUMBERS)


# ---------------------------------------------------------------- sets

CONTACTS = place(CATALOG.profile_types["Contact"].attributes, bound.KeyField())
CARDS = place(CATALOG.profile_types["Card"].attributes, bound.KeyField())
OPENINGS = place(CATALOG.interaction_types["Opened"].attributes, bound.TimestampField())
EDGES = place(CATALOG.relationship_types["Has"].attributes)
PLACES = {"Contact": CONTACTS, "Card": CARDS}
LINKS = {"Contact": "By", "Card": "With"}


@st.composite
def sets(draw: st.DrawFn, profile_type: str = "Contact", budget: int = 3) -> bound.BoundSet:
    """A query whose output is of `profile_type`."""
    kinds = ["everyone", "filtered", "interacted"]
    if budget > 0:
        kinds += ["filtered", "traversed", "traversed", "combined", "combined", "members"]
    match draw(st.sampled_from(kinds)):
        case "everyone":
            return bound.Everyone(profile_type=profile_type)
        case "members" if profile_type == "Contact":
            return bound.MembersOf(segment="Old", profile_type=profile_type)
        case "interacted":
            return draw(interacted(profile_type))
        case "traversed":
            return draw(traversed(profile_type, budget))
        case "combined":
            operands = draw(st.lists(sets(profile_type, budget - 1), min_size=2, max_size=3))
            operators = [draw(st.sampled_from(list(SetOperator))) for _ in operands[1:]]
            rest = tuple(
                bound.CombinedOperand(operator=operator, operand=operand)
                for operator, operand in zip(operators, operands[1:], strict=True)
            )
            return bound.Combined(first=operands[0], rest=rest, profile_type=profile_type)
        case _:
            source = draw(sets(profile_type, budget - 1)) if budget > 0 else bound.Everyone(profile_type=profile_type)
            condition = draw(conditions(PLACES[profile_type]))
            return bound.Filtered(source=source, condition=condition, profile_type=profile_type)


@st.composite
def traversed(draw: st.DrawFn, profile_type: str, budget: int) -> bound.Traversed:
    """A walk that ends at `profile_type`."""
    ways = {
        "Contact": [
            ("Has", bound.Direction.BACKWARD, "Card"),
            ("Knows", bound.Direction.FORWARD, "Contact"),
            ("Knows", bound.Direction.BACKWARD, "Contact"),
        ],
        "Card": [("Has", bound.Direction.FORWARD, "Contact")],
    }
    relationship, direction, start = draw(st.sampled_from(ways[profile_type]))
    return bound.Traversed(
        source=draw(sets(start, budget - 1)),
        relationship=relationship,
        direction=direction,
        profile_type=profile_type,
        condition=draw(st.none() | conditions(EDGES, 2)),
    )


@st.composite
def interacted(draw: st.DrawFn, profile_type: str) -> bound.Interacted:
    """Interactions grouped by profile."""
    return bound.Interacted(
        interaction="Opened",
        link=LINKS[profile_type],
        profile_type=profile_type,
        condition=draw(st.none() | conditions(OPENINGS, 2)),
        having=draw(st.none() | conditions(draw(groups()), 2)),
        period=draw(st.none() | periods()),
    )


@st.composite
def groups(draw: st.DrawFn) -> Place:
    """What HAVING can read: some aggregates."""
    known: list[bound.Aggregated] = [bound.Aggregated(function=AggregateFunction.COUNT, field=None, type=T.LONG)]
    for _ in range(draw(st.integers(1, 3))):
        known.append(draw(aggregates()))
    return Place(scalars=tuple(known))


@st.composite
def aggregates(draw: st.DrawFn) -> bound.Aggregated:
    """An aggregate of a field."""
    function = draw(st.sampled_from([f for f in AggregateFunction if f is not AggregateFunction.COUNT]))
    if function is AggregateFunction.COUNTDISTINCT:
        field = draw(st.sampled_from([field for field in OPENINGS.scalars if field.type is not T.OBJECT]))
        return bound.Aggregated(function=function, field=field, type=T.LONG)
    if function in (AggregateFunction.MIN, AggregateFunction.MAX):
        field = draw(st.sampled_from(OPENINGS.of(*NUMBERS, T.STRING, T.DATETIME)))
        return bound.Aggregated(function=function, field=field, type=field.type)
    field = draw(st.sampled_from(OPENINGS.of(*NUMBERS)))
    type = T.DECIMAL if field.type is T.DECIMAL else T.DOUBLE
    if function is AggregateFunction.SUM and field.type in (T.INT, T.LONG):
        type = T.LONG
    return bound.Aggregated(function=function, field=field, type=type)


@st.composite
def periods(draw: st.DrawFn) -> bound.Period:
    """A window."""
    if draw(st.booleans()):
        unit = draw(st.sampled_from(list(WindowUnit)))
        return bound.RelativePeriod(unit=unit, count=draw(st.sampled_from([1, 7, 12, 24, 10_000])))
    low, high = draw(constants(T.DATETIME)), draw(constants(T.DATETIME) | st.just(bound.AsOf()))
    return bound.BetweenPeriod(low=low, high=high)
