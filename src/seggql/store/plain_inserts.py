"""Inserts many documents by one command, which the driver encodes at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import WriteError

from seggql.store.hub import Document, Hub

DUPLICATE_KEY = 11000
FAST = WriteConcern(w=1)
"""For writes inside a batch: closing it waits for the majority, and with it for all that came before."""


async def insert_plain(
    hub: Hub, collection: str, documents: Sequence[Mapping[str, Any]], session: AsyncClientSession | None = None
) -> list[int]:
    """Insert `documents`, 16 MB of them at most; the positions of those whose `_id` was there already.

    `insert_many` checks and copies document by document, which takes longer than encoding them. In the transaction
    of a `session` all is lost where there is such a position.

    Raises: WriteError for whatever else MongoDB refuses.
    """
    command: Document = {"insert": collection, "documents": documents, "ordered": False}
    if session is None:
        command["writeConcern"] = FAST.document
    reply = await hub.database.command(command, session=session)
    problems = reply.get("writeErrors", [])
    for problem in problems:
        if problem["code"] != DUPLICATE_KEY:
            raise WriteError(problem["errmsg"], problem["code"], problem)
    return [problem["index"] for problem in problems]
