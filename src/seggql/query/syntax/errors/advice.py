"""How functions are written, and what to write instead of words that other languages have."""

from seggql.query.names import nearest
from seggql.query.syntax.words import DATE_PARTS, WINDOWS

SHAPES = {
    "PROFILE": "PROFILE(Type)",
    "SEGMENT": "SEGMENT(Name)",
    "INTERACTION": "INTERACTION(Type, Link)",
    "TRAVERSE": "TRAVERSE(Relationship), TRAVERSE(Relationship, REVERSE) or TRAVERSE(Relationship, FILTER(…))",
    "DISTINCT": "DISTINCT()",
    "COUNT": "COUNT(), or COUNTDISTINCT(path) for different values",
    **{name: f"{name}(path)" for name in ("SUM", "AVG", "MIN", "MAX", "COUNTDISTINCT", "LENGTH")},
    **{name: f"{name}(path)" for name in ("ISNULL", "ISNOTNULL")},
    **{name: f"{name}(array, condition)" for name in ("ANY", "ALL")},
    "DATETIMEUTCNOW": "DATETIMEUTCNOW()",
    "DATE": "DATE(2024, 2, 29), with hour, minute, second and millisecond where wanted",
    "DATEADD": "DATEADD(MONTH, 1, date)",
    "DATEDIFF": "DATEDIFF(DAY, start, end)",
    "DATEPART": "DATEPART(MONTH, date)",
    "ORDERBY": "ORDERBY(path, path DESC)",
    "SELECT": "SELECT(path, path)",
    "IN": "IN (1, 2, 3)",
    **{name: f"{name}(7)" for name in WINDOWS},
    "BETWEEN": "BETWEEN(start, end)",
}
"""By the word before the parenthesis."""

STEP_ADVICE = {
    "WHERE": "Conditions stand in .FILTER(…).",
    "FIND": "Conditions stand in .FILTER(…).",
    "JOIN": "Follow a relationship with .TRAVERSE(…).",
    "LIMIT": ".TAKE(n) ends a listing after n profiles.",
    "TOP": ".TAKE(n) ends a listing after n profiles.",
    "OFFSET": ".SKIP(n) leaves out the first n profiles of a listing.",
    "GROUP": ".HAVING(…) groups interactions by profile.",
    "GROUPBY": ".HAVING(…) groups interactions by profile.",
    "ORDER": "A listing is ordered with .ORDERBY(…).",
    "SORT": "A listing is ordered with .ORDERBY(…).",
    "COUNT": ".HAVING(COUNT() > 0) counts the interactions of a profile.",
}
"""By the word that stands where a step is expected."""

OPERATOR_ADVICE = {
    "LIKE": "Use CONTAINS, STARTSWITH, ENDSWITH or MATCHES: {name} CONTAINS 'run'.",
    "ILIKE": "Use CONTAINS … IGNORECASE: {name} CONTAINS 'run' IGNORECASE.",
    "RLIKE": "Use MATCHES: {name} MATCHES '^run'.",
    "REGEXP": "Use MATCHES: {name} MATCHES '^run'.",
    "IS": "Missing values are found with ISNULL({name}), all others with ISNOTNULL({name}).",
    "EQ": "Compare with ==: {name} == 'run'.",
    "EQUALS": "Compare with ==: {name} == 'run'.",
    "XOR": "Write it out: (a AND NOT b) OR (b AND NOT a).",
}
"""By the word that stands where an operator is expected; `{name}` is the name before it."""

_FUNCTION_ADVICE = {
    **dict.fromkeys(("NOW", "GETDATE", "GETUTCDATE", "SYSDATE", "TODAY"), "The present is DATETIMEUTCNOW()."),
    **dict.fromkeys(("LEN", "SIZE", "CARDINALITY"), "The length of text or of an array is LENGTH(path)."),
    **dict.fromkeys(("UPPER", "LOWER"), "To leave case out of account: Name CONTAINS 'run' IGNORECASE."),
    **{part: f"A part of a date is DATEPART({part}, path)." for part in DATE_PARTS},
    "EXISTS": "Values that are there are found with ISNOTNULL(path).",
    **{
        operator: f"{operator} stands between its operands: Name {operator} 'run'."
        for operator in ("CONTAINS", "STARTSWITH", "ENDSWITH", "MATCHES")
    },
}


def function_advice(name: str, known: frozenset[str]) -> str:
    """What to write instead of a function that does not exist: `known` are those that could stand there."""
    if advice := _FUNCTION_ADVICE.get(name.upper()):
        return advice
    if found := nearest(name, known):
        return f"Did you mean {found}?"
    return f"There are {', '.join(sorted(known))}."


_PHRASES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"=="}), "a comparison"),
    (frozenset({"AND", "OR"}), "AND, OR"),
    (frozenset({"+"}), "a calculation"),
    (frozenset({"UNION", "."}), "a step such as .FILTER(…), UNION, INTERSECT, EXCEPT"),
    (frozenset({"NAME"}), "a name"),
    (frozenset({"REVERSE"}), "REVERSE"),
    (frozenset({"FILTER"}), "FILTER(…)"),
    (frozenset(WINDOWS), "a window such as UTCDAYS(7) or BETWEEN(…, …)"),
    (frozenset({"ASC"}), "ASC, DESC"),
    (frozenset({"="}), "="),
    (frozenset({"("}), "("),
    (frozenset({","}), "a comma"),
    (frozenset({")"}), ")"),
    (frozenset({"END"}), "the end"),
)
"""What may stand somewhere, by terminals that it takes."""


def expected(accepts: frozenset[str]) -> str | None:
    """`Expected a, b or c.`, or None where none of the phrases fits."""
    phrases = [phrase for terminals, phrase in _PHRASES if terminals <= accepts]
    if not phrases:
        return None
    *most, last = phrases
    return f"Expected {', '.join(most)} or {last}." if most else f"Expected {last}."
