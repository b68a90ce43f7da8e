"""From a query text to its meaning, in one call."""

from seggql.query.binder import bind
from seggql.query.bound import BoundQuery
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.scope import Scope
from seggql.query.source import Source


def compile_query(text: str, scope: Scope, limits: Limits) -> BoundQuery:
    """Parses and binds `text`.

    Raises: QueryError, with every problem in the order of the text; names are looked up only once the syntax is right
    """
    return bind(parse(text, limits), Source(text), scope)
