"""The connection to one hub: one MongoDB database and the client it is reached by."""

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError
from pymongo.read_concern import ReadConcern

from seggql.errors import RequestCode, RequestError
from seggql.settings import Settings
from seggql.store.command_spans import CommandSpans
from seggql.store.member_cache import MemberCache
from seggql.tracing import is_tracing_asked_for

Document = dict[str, Any]
CODEC_OPTIONS: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
"""Documents come as they were sent, for those who decode them otherwise or have decoded most before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A client and its database; it belongs to the event loop it was opened on. `members` are those read so far."""

    client: AsyncMongoClient[Document]
    database: AsyncDatabase[Document]
    members: MemberCache = field(default_factory=MemberCache, repr=False)

    def collection(self, name: str) -> AsyncCollection[Document]:
        """The collection called `name`; datetimes come back aware, in UTC."""
        return self.database[name]

    async def close(self) -> None:
        """Give the connections back."""
        await self.client.close()


def open_hub(settings: Settings) -> Hub:
    """The hub that `settings` name; nothing is sent yet. Writes wait for the majority, reads see what it has.

    Raises: RequestError (INVALID) where the address is none.
    """
    try:
        client: AsyncMongoClient[Document] = AsyncMongoClient(
            settings.mongodb_uri,
            serverSelectionTimeoutMS=int(settings.mongodb_timeout_s * 1000),
            tz_aware=True,
            appname="seggql",
            event_listeners=[CommandSpans()] if is_tracing_asked_for() else [],
        )
    except (ConfigurationError, ValueError) as error:
        raise RequestError(RequestCode.INVALID, f"SEGGQL_MONGODB_URI cannot be read: {error}") from None
    database = client.get_database(
        settings.database,
        codec_options=CODEC_OPTIONS,
        read_preference=ReadPreference.PRIMARY,
        write_concern=WriteConcern(w="majority"),
        read_concern=ReadConcern("majority"),
    )
    return Hub(client=client, database=database)
