"""Transactions whose process died: MongoDB would keep what they wrote locked for a minute, and with it whole runs."""

from typing import Any

from pymongo.errors import OperationFailure

from seggql.store.hub import Document, Hub

IDLE_S = 5.0
"""How long one of our transactions may wait for its process, all pauses together; ours take some milliseconds. One that
is ended although its process lives is begun again by it (`in_transaction`)."""

UNAUTHORIZED = 13
"""MongoDB's code for what a user may not do."""


async def end_abandoned_transactions(hub: Hub, idle_s: float = IDLE_S) -> int:
    """End the transactions of seggql that nobody has gone on with for `idle_s` seconds; returns how many.

    Source: MongoDB does not end a transaction with its connection, only after transactionLifetimeLimitSeconds (60), and
    then within half as long again; until then others wait for the documents that it wrote.
    """
    try:
        sessions = await _idle_sessions(hub, idle_s, of_all_users=True)
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        sessions = await _idle_sessions(hub, idle_s, of_all_users=False)
    if sessions:
        await hub.client.admin.command("killSessions", sessions)
    return len(sessions)


async def _idle_sessions(hub: Hub, idle_s: float, *, of_all_users: bool) -> list[Document]:
    pipeline: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": of_all_users, "idleSessions": True}},
        {
            "$match": {
                "type": "idleSession",
                "appName": hub.client.options.pool_options.appname,
                "transaction.timeInactiveMicros": {"$gt": round(idle_s * 1_000_000)},
            }
        },
        {"$project": {"lsid": 1}},
    ]
    found = await hub.client.admin.aggregate(pipeline)
    return [{"id": row["lsid"]["id"]} async for row in found]
