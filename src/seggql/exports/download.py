"""A segment's members as a file that is made while it is sent."""

import asyncio
from collections.abc import AsyncIterator

from seggql.errors import InvariantError, RequestCode, RequestError
from seggql.exporter import FileFormat, make_encoder
from seggql.exports.columns import all_fields, resolve_columns, schema_of
from seggql.exports.deliver import member_batches
from seggql.store.catalog import load_catalog
from seggql.store.deleted import deleted_ordinals
from seggql.store.hub import Hub
from seggql.store.members import read_members
from seggql.store.segments import find_segment_named


async def download_members(hub: Hub, segment_name: str, file_format: FileFormat) -> AsyncIterator[bytes]:
    """The file's bytes: Key and every attribute of each member, by ordinal, those deleted meanwhile left out.

    What can be refused is refused before the first byte is asked for; what fails later raises out of the iterator, so
    that a broken download does not look whole.
    Raises: RequestError (NOT_FOUND; NOT_ALLOWED where the segment is not active or was never refreshed).
    """
    segment = await find_segment_named(hub, segment_name)
    if segment is None:
        raise RequestError(RequestCode.NOT_FOUND, f"There is no segment called {segment_name!r}.")
    if not segment.is_readable:
        message = f"The segment {segment_name!r} is not active or was never refreshed, so it has no members to send."
        raise RequestError(RequestCode.NOT_ALLOWED, message)
    profile_type = (await load_catalog(hub)).profile_types[segment.profile_type]
    columns = resolve_columns(profile_type, all_fields(profile_type))
    schema = schema_of(columns)
    members = await read_members(hub, segment)

    async def content() -> AsyncIterator[bytes]:
        encoder = make_encoder(file_format, schema)
        yield encoder.start()
        read = 0
        async for batch in member_batches(hub, profile_type.name, members, columns, schema):
            read += batch.num_rows
            yield await asyncio.to_thread(encoder.encode, batch)
        if len(members) - read > len(members & await deleted_ordinals(hub, profile_type.name)):
            raise InvariantError(f"{len(members) - read} members of {segment_name} could not be read")
        yield await asyncio.to_thread(encoder.finish)

    return content()
