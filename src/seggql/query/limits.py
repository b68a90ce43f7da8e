"""How large a query may be."""

from dataclasses import dataclass

from seggql.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits that a hub sets; the defaults are those of the language.

    `max_bytes` is of UTF-8; `nesting` counts parentheses and NOTs one inside another; `predicates` and `traversals`
    are of a whole query, a named part counting wherever it is used; `in_literals` is of one IN.
    """

    max_bytes: int = 65_536
    nesting: int = 64
    predicates: int = 1_000
    traversals: int = 20
    in_literals: int = 10_000

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """The limits that `settings` ask for."""
        return cls(
            max_bytes=settings.query_max_bytes,
            nesting=settings.query_max_nesting,
            predicates=settings.query_max_predicates,
            traversals=settings.query_max_traversals,
            in_literals=settings.query_max_in_literals,
        )


MAX_ARITHMETIC_TERMS = 64
"""Terms of one chain of + and - or of * and /: each becomes a level of nesting in the bound tree. Not a setting."""

MAX_TREE_DEPTH = 200
"""Operators one inside another once named parts are put in: Python's stack of 1,000 frames, by the few frames that a
walk takes for each. Not a setting."""

MAX_SETS = 10_000
"""Sets that a query names once its parts are put in; a text of 64 KiB cannot name as many, but parts of parts of
parts can name billions. Not a setting."""

MAX_NUMBER_LENGTH = 100
"""Characters of a number; the widest type, DECIMAL, holds 34 digits. Not a setting."""

MAX_EXPONENT = 6_144
"""Largest exponent of a number, that of Decimal128. Not a setting."""

MAX_PROBLEMS = 20
"""Problems of one text that are worth reading; finding each takes a look at all that could have stood there."""
