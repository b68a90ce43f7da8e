"""The aggregation pipelines that a plan begins with, for people to read."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from bson.decimal128 import Decimal128
from bson.regex import Regex

from seggql.mongo.aggregate import render_groups, render_interactions
from seggql.mongo.exactness import is_exact
from seggql.mongo.hop import render_hop
from seggql.mongo.pipeline import Pipeline
from seggql.mongo.scan import render_scan
from seggql.query.plan import Aggregate, Algebra, Hop, Members, Plan, Scan

Plain = None | bool | int | float | Decimal | str | datetime | list["Plain"] | dict[str, "Plain"]


def shown_pipelines(plan: Plan) -> list[dict[str, Plain]]:
    """`{collection, pipeline}` of each operator in the order of the plan.

    When it runs, what was found before may restrict them, an index may be named, and the worker may group instead.
    """
    return [
        {"collection": pipeline.collection, "pipeline": [_plain(stage) for stage in pipeline.stages]}
        for pipeline in _pipelines(plan)
    ]


def _pipelines(plan: Plan) -> Iterator[Pipeline]:
    match plan:
        case Scan():
            yield render_scan(plan)
        case Aggregate():
            yield render_groups(plan) if is_exact(plan.predicate) else render_interactions(plan, None, None)
        case Hop():
            yield from _pipelines(plan.source)
            yield render_hop(plan)
        case Members():
            return
        case Algebra():
            yield from _pipelines(plan.first)
            for step in plan.rest:
                yield from _pipelines(step.operand)
        case _:
            assert_never(plan)


def _plain(value: object) -> Plain:
    match value:
        case None | bool() | int() | float() | str() | datetime():
            return value
        case Decimal128():
            return Decimal(value.to_decimal())
        case Regex():
            return f"/{value.pattern}/"
        case Mapping():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return str(value)
