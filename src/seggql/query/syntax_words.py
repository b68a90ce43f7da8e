"""The words of SegQL by what they do, and what to write instead of words that other languages have."""

from seggql.query.names import nearest

SET_OPERATORS = frozenset({"UNION", "INTERSECT", "EXCEPT", "MINUS"})
SOURCES = frozenset({"PROFILE", "SEGMENT", "INTERACTION"})
STEPS = SET_OPERATORS | {"FILTER", "TRAVERSE", "HAVING", "DISTINCT", "ORDERBY", "SKIP", "TAKE", "SELECT"}
WINDOWS = frozenset({"UTCHOURS", "UTCDAYS", "UTCMONTHS", "UTCYEARS"})
DATE_PARTS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "WEEKDAY"})
FUNCTIONS = frozenset(
    {
        *("ISNULL", "ISNOTNULL", "ANY", "ALL", "LENGTH"),
        *("COUNT", "SUM", "AVG", "MIN", "MAX", "COUNTDISTINCT"),
        *("DATETIMEUTCNOW", "DATETIMENOWUTC", "DATE", "DATEADD", "DATEDIFF", "DATEPART"),
    }
)
OPERATORS = frozenset(
    {"AND", "OR", "NOT", "IN", "BETWEEN", "CONTAINS", "STARTSWITH", "ENDSWITH", "MATCHES", "IGNORECASE"}
)
SQL_BEGINNINGS = frozenset({"SELECT", "FROM", "WITH", "WHERE", "INSERT", "UPDATE", "DELETE", "MATCH", "DB"})

STEP_ADVICE = {
    "WHERE": "Conditions stand in FILTER(…).",
    "FIND": "Conditions stand in FILTER(…).",
    "JOIN": "Follow a relationship with TRAVERSE(…).",
    "LIMIT": "TAKE(n) ends a listing after n profiles.",
    "TOP": "TAKE(n) ends a listing after n profiles.",
    "OFFSET": "SKIP(n) leaves out the first n profiles of a listing.",
    "GROUPBY": "HAVING(…) groups interactions by profile.",
    "ORDER": "A listing is ordered with ORDERBY(…).",
    "SORT": "A listing is ordered with ORDERBY(…).",
    "COUNT": "HAVING(COUNT() > 0) counts the interactions of a profile.",
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
    **dict.fromkeys(DATE_PARTS, "A part of a date is DATEPART(YEAR, path)."),
    "EXISTS": "Values that are there are found with ISNOTNULL(path).",
    "CONTAINS": "CONTAINS stands between its operands: Name CONTAINS 'run'.",
    "STARTSWITH": "STARTSWITH stands between its operands: Name STARTSWITH 'run'.",
    "ENDSWITH": "ENDSWITH stands between its operands: Name ENDSWITH 'run'.",
    "MATCHES": "MATCHES stands between its operands: Name MATCHES '^run'.",
}


def function_advice(name: str, known: frozenset[str]) -> str:
    """What to write instead of a function that does not exist: `known` are those that could stand there."""
    if advice := _FUNCTION_ADVICE.get(name.upper()):
        return advice
    if found := nearest(name, known):
        return f"Did you mean {found}?"
    return f"There are {', '.join(sorted(known))}."


_PHRASES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"ISNULL", "STRING", "NAME"}), "a value or condition"),
    (SOURCES, "a set"),
    (frozenset({"==", "<", "IN"}), "a comparison"),
    (frozenset({"AND", "OR"}), "AND, OR"),
    (frozenset({"+", "*"}), "a calculation"),
    (frozenset({"UNION", "INTERSECT"}), "UNION, INTERSECT, EXCEPT"),
    (frozenset({"."}), "a point"),
    (frozenset({"NAME"}), "a name"),
    (frozenset({"STRING"}), "text in single quotes"),
    (frozenset({"REVERSE"}), "REVERSE"),
    (frozenset({"FILTER"}), "FILTER(…)"),
    (WINDOWS, "a window such as UTCDAYS(7) or BETWEEN(…, …)"),
    (frozenset({"ASC"}), "ASC, DESC"),
    (frozenset({"="}), "="),
    (frozenset({"("}), "("),
    (frozenset({","}), "a comma"),
    (frozenset({")"}), ")"),
    (frozenset({"$END"}), "the end"),
)
"""What may stand somewhere, by terminals that it takes: the first phrases cover the terminals of later ones."""

_COVERED_BY_VALUE = frozenset({"NAME", "STRING", "(", "."})


def expected_words(accepts: frozenset[str]) -> str:
    """`Expected a, b or c.`, or nothing where none of the phrases fits."""
    phrases: list[str] = []
    left = set(accepts)
    for terminals, phrase in _PHRASES:
        if terminals <= left:
            phrases.append(phrase)
            left -= terminals
            if terminals & {"ISNULL", "PROFILE"}:
                left -= _COVERED_BY_VALUE
    if not phrases:
        return ""
    *most, last = phrases
    return f"Expected {', '.join(most)} or {last}." if most else f"Expected {last}."
