"""`seggql advise`: the indexes that active segments want, for people and as JSON."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console

from seggql.catalog.model import Attribute, Catalog, find_attribute
from seggql.segments.advice import Advice, IndexAdvice, advise
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.hub import open_hub
from seggql.store.models import open_models
from seggql.store.outage import OUTAGES, outage

SHOWN = 10
"""Segments named below an index; JSON has all."""

MB = 1e6


def show_advice(settings: Settings, *, as_json: bool, console: Console) -> None:
    """Print what is advised. Raises: UnavailableError."""
    advice, catalog = asyncio.run(_read(settings))
    if as_json:
        told = asdict(advice)
        for index, advised in zip(told["indexes"], advice.indexes, strict=True):
            index["mutation"] = mutation(advised, catalog)
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for line in _lines(advice, catalog):
        console.print(line, markup=False)


async def _read(settings: Settings) -> tuple[Advice, Catalog]:
    hub = open_hub(settings)
    try:
        await open_models(hub)
        return await advise(hub, settings), await load_catalog(hub)
    except OUTAGES as error:
        raise outage(error) from error
    finally:
        await hub.close()


def _lines(advice: Advice, catalog: Catalog) -> Iterator[str]:
    yield f"{advice.segments:,} active segments, {advice.packed:,} of their operators read packs and want no index."
    if advice.unread:
        yield f"Not looked at, their queries are no longer right: {', '.join(advice.unread)}"
    if not advice.indexes:
        yield "No index is wanted."
    for advised in advice.indexes:
        yield ""
        yield (
            f"{advised.record_type}.{'.'.join(advised.attribute)}: saves about {advised.saved_ms:,.0f} ms of each full "
            f"refresh of all segments"
        )
        yield (
            f"  an index of about {advised.bytes / MB:,.1f} MB over {advised.documents:,} documents, made in about "
            f"{advised.build_s:,.0f} s; each write takes longer then"
        )
        for gain in advised.gains[:SHOWN]:
            yield (
                f"  {gain.segment}: {gain.before_ms:,.0f} → {gain.after_ms:,.0f} ms, for it leaves "
                f"{gain.share:.1%} of the documents"
            )
        if len(advised.gains) > SHOWN:
            yield f"  and {len(advised.gains) - SHOWN:,} more segments (--json lists them)"
        yield f"  to have it made: {mutation(advised, catalog)}"
    if advice.indexes:
        yield ""
        yield "Nothing was made. Times are what the planner expects, shares are of 2,000 documents taken at random."


def mutation(advised: IndexAdvice, catalog: Catalog) -> str:
    """The GraphQL that marks the attribute isIndexed."""
    name = advised.record_type
    if advised.kind == "profile":
        given = _given(catalog.profile_types[name].attributes, advised.attribute)
        return f'mutation {{ defineProfileType(input: {{name: "{name}", {given}}}) {{ errors {{ message }} }} }}'
    interaction_type = catalog.interaction_types[name]
    links = ", ".join(f'{{name: "{link.name}", profileType: "{link.profile_type}"}}' for link in interaction_type.links)
    given = f"links: [{links}], {_given(interaction_type.attributes, advised.attribute)}"
    return f'mutation {{ defineInteractionType(input: {{name: "{name}", {given}}}) {{ errors {{ message }} }} }}'


def _given(attributes: tuple[Attribute, ...], path: tuple[str, ...]) -> str:
    """`buildsIndexes`, and the attribute at `path` with those it lies in, as the input of a definition."""
    return f"buildsIndexes: true, {_attributes(attributes, path)}"


def _attributes(attributes: tuple[Attribute, ...], path: tuple[str, ...]) -> str:
    attribute = find_attribute(attributes, path[0])
    assert attribute is not None, "advice is about attributes of the catalog"
    inner = _attributes(attribute.attributes, path[1:]) if len(path) > 1 else "isIndexed: true"
    return f'attributes: [{{name: "{attribute.name}", type: {attribute.type.value}, {inner}}}]'
