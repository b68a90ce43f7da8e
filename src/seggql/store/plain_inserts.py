"""Inserts many small documents by one command, which the driver encodes at once."""

from collections.abc import Sequence

from pymongo.errors import WriteError

from seggql.store.hub import Document, Hub
from seggql.store.profiles import DUPLICATE_KEY, FAST


async def insert_plain(hub: Hub, collection: str, documents: Sequence[Document]) -> list[int]:
    """Insert `documents`, 16 MB of them at most; the positions of those whose `_id` was there already.

    `insert_many` checks and copies document by document, which takes longer than encoding them.

    Raises: WriteError for whatever else MongoDB refuses.
    """
    command = {"insert": collection, "documents": documents, "ordered": False, "writeConcern": FAST.document}
    reply = await hub.database.command(command)
    problems = reply.get("writeErrors", [])
    for problem in problems:
        if problem["code"] != DUPLICATE_KEY:
            raise WriteError(problem["errmsg"], problem["code"], problem)
    return [problem["index"] for problem in problems]
