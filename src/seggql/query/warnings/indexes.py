"""Warns of conditions that no index can serve on a large collection: a full refresh looks at all of it."""

from seggql.catalog.model import Attribute, InteractionType, ProfileType, find_attribute, is_one_number, type_name_of
from seggql.query import bound
from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.binding.binding import Binding
from seggql.query.source import Span
from seggql.query.tree_walk import reads_record

LARGE_COLLECTION = 1_000_000
"""Records from which on reading all of them is worth a warning: it then takes about half a second a refresh."""


def warn_of_full_reads(b: Binding, node: bound.BoundSet) -> None:
    """Looks at the sets that start from a whole collection; what is restricted by other members is looked up."""
    catalog = b.scope.catalog
    match node:
        case bound.Filtered(source=bound.Everyone(), condition=condition, profile_type=name):
            _warn(b, catalog.profile_types.get(name), condition, b.place(node), "profiles")
        case bound.Interacted(period=None, condition=condition, interaction=name) if condition is not None:
            _warn(b, catalog.interaction_types.get(name), condition, b.place(condition), "interactions")
        case _:
            pass


def _warn(
    b: Binding, record: ProfileType | InteractionType | None, condition: bound.Condition, span: Span, kind: str
) -> None:
    if record is None:
        return
    is_interaction = isinstance(record, InteractionType)
    attributes = tuple(filter(_is_searched, record.attributes)) if is_interaction else record.attributes
    if _is_served(attributes, condition):
        return
    count = b.scope.facts.record_counts.get(type_name_of(record), 0)
    if count >= LARGE_COLLECTION:
        b.warn(
            f"No index can serve this condition: a full refresh reads all of about {count:,} {kind} of {record.name}.",
            span,
            hint=f"Let it test an attribute{' other than a number' if is_interaction else ''} that is defined with "
            "isIndexed, with == IN < > BETWEEN or STARTSWITH; "
            "`seggql advise` says which index pays.",
        )


def _is_searched(attribute: Attribute) -> bool:
    """Whether an index of interactions begins with it: numbers only stand in those of links, for HAVING to add up."""
    return not is_one_number(attribute)


def _is_served(attributes: tuple[Attribute, ...], condition: bound.Condition) -> bool:
    """Whether an index narrows the records down: one conjunct is enough, of alternatives each has to."""
    match condition:
        case bound.All(operands=operands):
            return any(_is_served(attributes, operand) for operand in operands)
        case bound.Any(operands=operands):
            return all(_is_served(attributes, operand) for operand in operands)
        case bound.Compare(operator=operator, left=left, right=right):
            if operator is ComparisonOperator.NOT_EQUAL:
                return False
            return _is_looked_up(attributes, left, (right,)) or _is_looked_up(attributes, right, (left,))
        case bound.OneOf(value=value, options=options):
            return _is_looked_up(attributes, value, options)
        case bound.Text(operator=TextOperator.STARTSWITH, value=value, text=text, ignores_case=False):
            return _is_looked_up(attributes, value, (text,))
        case _:
            return False


def _is_looked_up(attributes: tuple[Attribute, ...], value: bound.Value, others: tuple[bound.Value, ...]) -> bool:
    return _is_indexed(attributes, value) and not any(reads_record(other) for other in others)


def _is_indexed(attributes: tuple[Attribute, ...], value: bound.Value) -> bool:
    match value:
        case bound.TimestampField():
            return True
        case bound.Field(depth=0, names=(*outer, last)):
            for name in outer:
                attribute = find_attribute(attributes, name)
                attributes = attribute.attributes if attribute is not None else ()
            attribute = find_attribute(attributes, last)
            return attribute is not None and attribute.is_indexed
        case _:
            return False
