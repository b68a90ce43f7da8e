"""Three queries for a newcomer to try in GraphiQL once the demo is loaded."""

SEGMENTS = """{
  segments(first: 5, orderBy: {by: MEMBER_COUNT, descending: true}) {
    totalCount
    nodes { name displayName memberCount query }
  }
}"""

PREVIEW = """{
  previewQuery(input: {
    query: "INTERACTION(Purchase, Purchase_Household).HAVING(SUM(sales_value) > 500, UTCDAYS(30))"
  }) {
    totalCount elapsedMs
    profiles { key attributes }
  }
}"""

CREATE = """mutation {
  createSegment(input: {
    name: "BigFamilies", profileType: "Household", activate: true
    query: "PROFILE(Household).FILTER(kids_count == '3+')"
  }) {
    segment { name state query }
    errors { code message position { line column hint } }
  }
}
# a moment later: { segment(name: "BigFamilies") { memberCount members(first: 5) { nodes { key } } } }"""

EXAMPLES = (
    ("The largest segments", SEGMENTS),
    ("Who spent over 500 in the last 30 days, without saving a segment", PREVIEW),
    ("A segment of your own", CREATE),
)
