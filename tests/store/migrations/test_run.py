"""Migrations: once whoever starts first, completed where interrupted, refused where the database is newer."""

import asyncio
import os
import subprocess
import sys

import pytest

from seggql.errors import SchemaError
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.migrations.run import settle_schema
from seggql.store.models import open_models
from seggql.store.schema import VERSION, schema_version

TWO_STEPS = """
import asyncio
from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.migrations.run import settle_schema

async def first(hub):
    await hub.collection("steps").insert_one({"step": "first"})
    await asyncio.sleep(0.5)

async def second(hub):
    await hub.collection("steps").insert_one({"step": "second"})

async def main():
    hub = open_hub(Settings())
    print("opened", flush=True)
    input()
    await settle_schema(hub, (first, second))
    print(await hub.collection("steps").count_documents({}), flush=True)
    await hub.close()

asyncio.run(main())
"""


def started(settings: Settings) -> "subprocess.Popen[str]":
    """A process that migrates in two steps once it reads a line."""
    environment = os.environ | {"SEGGQL_MONGODB_URI": settings.mongodb_uri, "SEGGQL_DATABASE": settings.database}
    process = subprocess.Popen(
        [sys.executable, "-c", TWO_STEPS], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "opened\n"
    return process


async def test_two_processes_that_start_at_once_migrate_once_and_both_wait_for_the_end(
    hub: Hub, settings: Settings
) -> None:
    await hub.collection("schema").delete_many({})
    processes = [started(settings) for _ in range(2)]
    told = await asyncio.gather(*(asyncio.to_thread(process.communicate, "\n", 60) for process in processes))
    assert [output for output, _ in told] == ["2\n", "2\n"]
    steps = [row["step"] async for row in hub.collection("steps").find().sort("_id", 1)]
    assert steps == ["first", "second"]
    assert await hub.collection("schema").distinct("_id") == ["version"]


async def test_an_interrupted_migration_is_completed_by_the_next_process(hub: Hub) -> None:
    await hub.collection("schema").delete_many({})
    done: list[str] = []
    fails = True

    async def first(hub: Hub) -> None:
        done.append("first")

    async def second(hub: Hub) -> None:
        if fails:
            raise ConnectionResetError
        done.append("second")

    with pytest.raises(ConnectionResetError):
        await settle_schema(hub, (first, second))
    fails = False
    await settle_schema(hub, (first, second))
    await settle_schema(hub, (first, second))
    assert done == ["first", "second"]


async def test_a_process_that_died_in_a_migration_is_waited_for_only_as_long_as_its_lease(hub: Hub) -> None:
    await hub.collection("schema").delete_many({})
    done: list[str] = []

    is_begun = asyncio.Event()

    async def dies(hub: Hub) -> None:
        is_begun.set()
        await asyncio.sleep(600)

    async def step(hub: Hub) -> None:
        done.append("step")

    dying = asyncio.create_task(settle_schema(hub, (dies,), lease_s=600))
    async with asyncio.timeout(20):
        await is_begun.wait()
    waiting = asyncio.create_task(settle_schema(hub, (step,)))
    await asyncio.sleep(0.5)
    assert done == []
    await hub.collection("schema").update_one({"_id": "lock"}, [{"$set": {"until": "$$NOW"}}])
    async with asyncio.timeout(20):
        await waiting
    assert done == ["step"]
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)


async def test_a_database_that_is_newer_is_refused_and_left_alone(hub: Hub) -> None:
    await hub.collection("schema").update_one({"_id": "version"}, {"$set": {"version": VERSION + 1}})
    with pytest.raises(SchemaError, match=f"has version {VERSION + 1} .* up to {VERSION}.*newer release"):
        await open_models(hub)
    assert await hub.collection("schema").find_one() == {"_id": "version", "version": VERSION + 1}


async def test_an_empty_hub_is_of_the_newest_version_at_once(hub: Hub) -> None:
    assert await schema_version(hub) == VERSION
