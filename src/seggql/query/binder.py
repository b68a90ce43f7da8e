"""Binds a document: resolves every name, checks every type, and says everything that is wrong at once."""

from seggql.errors import ProblemCode, QueryError
from seggql.query import ast
from seggql.query.binding.binding import Binding
from seggql.query.binding.canonical import without_reverse
from seggql.query.binding.found import Found
from seggql.query.binding.listing import bind_listing, split_listing
from seggql.query.binding.sets import SetBinder
from seggql.query.bound import BoundQuery
from seggql.query.scope import Scope
from seggql.query.source import Source
from seggql.query.warnings import find_warnings


def bind(document: ast.Document, source: Source, scope: Scope) -> BoundQuery:
    """The meaning of `document`, which was parsed from `source` within the limits, in `scope`.

    Raises: QueryError, with every problem in the order of the text
    """
    b = Binding(source, scope)
    sets = SetBinder(b, later=frozenset(part.name.text for part in document.parts))
    for part in document.parts:
        sets.define(part)
    result, steps = split_listing(document.result)
    found = sets.bind(result)
    profile_type = found.profile_type
    listing = bind_listing(b, steps, scope.catalog.profile_types.get(profile_type or ""))
    _check_output(b, result, found)
    problems = b.problems()
    if problems or found.set is None or profile_type is None:
        raise QueryError(problems)
    find_warnings(b, document, found.set)
    return BoundQuery(
        set=found.set,
        profile_type=profile_type,
        document=without_reverse(document, b.redundant),
        depends_on=found.segments,
        listing=listing,
        warnings=b.warnings(),
    )


def _check_output(b: Binding, result: ast.Set, found: Found) -> None:
    """The result must be of the type that the segment holds."""
    wanted, given = b.scope.output_type, found.profile_type
    if wanted is None or given is None or wanted == given:
        return
    ways = sorted(r.name for r in b.scope.catalog.relationships_of(given) if wanted in (r.source, r.target))
    b.refuse(
        ProblemCode.OUTPUT_TYPE_MISMATCH,
        f"The query ends with profiles of {given}, but profiles of {wanted} are wanted.",
        result,
        hint=f".TRAVERSE({ways[0]}) leads from {given} to {wanted}." if ways else None,
    )
