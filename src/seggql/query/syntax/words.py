"""The words of SegQL by what they do."""

SET_OPERATORS = frozenset({"UNION", "INTERSECT", "EXCEPT", "MINUS"})
SOURCES = frozenset({"PROFILE", "SEGMENT", "INTERACTION"})
STEPS = SET_OPERATORS | {"FILTER", "TRAVERSE", "HAVING", "DISTINCT", "ORDERBY", "SKIP", "TAKE", "SELECT"}
WINDOWS = ("UTCHOURS", "UTCDAYS", "UTCMONTHS", "UTCYEARS")
DATE_PARTS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "WEEKDAY")
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
"""What queries of other languages begin with; here it would be the name of a segment."""
