"""What a query may refer to, and what it must come to: the surroundings in which a text is bound."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seggql.catalog.model import Catalog, TypeName


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReference:
    """A segment that queries may name; `depends_on` are the names of the segments that its own query uses."""

    name: str
    profile_type: str
    depends_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """What is known of the data, for warnings only: a query means the same whatever stands here.

    `empty_attributes` are pairs of a type and an attribute's dotted path that no record of the type has;
    `record_counts` are the estimated numbers of records by type, of profiles and interactions.
    """

    empty_attributes: frozenset[tuple[TypeName, str]] = frozenset()
    record_counts: Mapping[TypeName, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The names a query may use, and the place that its result has to fit.

    `output_type` None takes any profile type; `segment_name` is the segment that the query will belong to, whose
    name the query must not reach; `allows_listing` is true for previews and one-time queries of static segments.
    """

    catalog: Catalog
    segments: Mapping[str, SegmentReference] = field(default_factory=dict)
    output_type: str | None = None
    segment_name: str | None = None
    allows_listing: bool = False
    facts: RecordFacts = field(default_factory=RecordFacts)
