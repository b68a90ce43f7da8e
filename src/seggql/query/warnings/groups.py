"""Warns of HAVING conditions that seem to ask for profiles without interactions, such as `COUNT() < 5`."""

from seggql.query import bound
from seggql.query.binding.binding import Binding
from seggql.query.binding.group_sizes import Sizes, sizes_of


def warn_of_empty_groups(b: Binding, condition: bound.Condition) -> None:
    """Looks at the largest pieces of `condition` that ask for the number of interactions and nothing else."""
    sizes = sizes_of(condition, b.group_sizes)
    if sizes is not None:
        _warn_of_sizes(b, condition, sizes)
        return
    match condition:
        case bound.All(operands=operands) | bound.Any(operands=operands):
            for operand in operands:
                warn_of_empty_groups(b, operand)
        case bound.Not(operand=operand):
            warn_of_empty_groups(b, operand)
        case _:
            pass


def _warn_of_sizes(b: Binding, condition: bound.Condition, sizes: Sizes) -> None:
    if not sizes.holds(0) or sizes.last is None:
        return
    span = b.place(condition)
    meant = f"1 to {sizes.last}" if sizes.last > 1 else "exactly 1"
    b.warn(
        f"{b.quote_span(span)} means {meant} here: HAVING sees only profiles with at least one interaction.",
        span,
        hint="To have those without any too: … UNION (PROFILE(type) EXCEPT INTERACTION(…)).",
    )
