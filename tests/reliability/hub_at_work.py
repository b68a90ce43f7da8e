"""A hub at work: its processes, its API, what comes in, and the segments and exports that are kept."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pyroaring import BitMap

from seggql.jobs.queue import open_queue
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.reliability import checks
from tests.reliability.api import CREATE_DESTINATION, CREATE_EXPORT, CREATE_SEGMENT, REFRESH_ALL, RUN_EXPORT, Api
from tests.reliability.processes import Crew, Running
from tests.reliability.segments import Facts, queries
from tests.reliability.world import Stream, define_world

EXPORTED = ("Adults", "Others", "Regulars", "Romans")


@dataclass(slots=True)
class HubAtWork:
    """`workers`, `scheduler` and `server` are the processes that run now; `keys` bounds how many guests there are."""

    hub: Hub
    crew: Crew
    api: Api
    stream: Stream
    keys: int
    extra: int
    workers: list[Running] = field(default_factory=list)
    scheduler: Running | None = None
    server: Running | None = None
    export: str = ""

    @property
    def chance(self) -> random.Random:
        """The one source of chance."""
        return self.stream.chance

    async def start(self, workers: int) -> None:
        """Start every process, and wait for them."""
        self.workers = [self.crew.start("worker", "--threads", "2") for _ in range(workers)]
        self.scheduler = self.crew.start("scheduler")
        self.server = self.crew.serve()
        await self.crew.ready(*self.workers, self.scheduler, self.server)

    async def furnish(self, guests: int, visits: int) -> None:
        """Bring the first data, make the segments and the export, and refresh."""
        await define_world(self.hub)
        await self.bring(self.stream.guests_file(guests, self.keys), "--profiles", "Guest")
        await self.bring(self.stream.visits_file(visits, self.keys), "--interactions", "Visit")
        await self.bring(self.stream.edges_file(guests // 4, self.keys), "--relationships", "Knows")
        by_name = await self.create_segments()
        destination = await self.api.create(
            CREATE_DESTINATION, "destination", name="Files", exporter="file", options={"format": "csv"}
        )
        self.export = await self.api.create(
            CREATE_EXPORT,
            "export",
            name="Kept",
            destinationId=destination,
            segmentIds=[by_name[name] for name in EXPORTED],
        )

    async def create_segments(self) -> dict[str, str]:
        """Make and activate them, those that use others once these have members; ids by name."""
        ids = {}
        texts = {name: query for name, (query, _) in queries(self.extra).items()}
        for uses in (False, True):
            for name in [name for name, query in texts.items() if ("SEGMENT(" in query) is uses]:
                ids[name] = await self.api.create(
                    CREATE_SEGMENT,
                    "segment",
                    name=name,
                    kind="DYNAMIC",
                    profileType="Guest",
                    query=texts[name],
                    activate=True,
                )
            await checks.quiet(self.hub)
        return ids

    def importing(self, path: Path, *kind: str) -> Running:
        """A client that imports a file."""
        return self.crew.start("import", str(path), *kind)

    async def bring(self, path: Path, *kind: str) -> None:
        """Import a file, and see that all of it was taken."""
        await self.finished(self.importing(path, *kind))

    async def finished(self, client: Running) -> None:
        """Wait for an import; one that was killed is run again, as its owner would."""
        while (code := await client.end()) < 0:
            client = self.crew.again(client)
        assert code == 0, client.output
        assert ", 0 rejected" in client.output, client.output

    async def retried(self, client: Running) -> None:
        """Wait for an import; where MongoDB was away it says so, and its owner runs it again."""
        while await client.end():
            assert "run the same command again" in client.output or "try again" in client.output, client.output
            client = self.crew.again(client)
        assert ", 0 rejected" in client.output, client.output

    async def refresh_all(self) -> None:
        """Refresh every segment, and wait until all is done."""
        await self.api.ask(REFRESH_ALL)
        await checks.quiet(self.hub)

    async def run_export(self) -> None:
        """Ask for the deliveries."""
        await self.api.ask(RUN_EXPORT, id=self.export)

    async def pack(self) -> None:
        """Have a worker see to the packs now, which schedulers ask for every minute."""

        def announce() -> None:
            with open_queue(self.crew.settings.broker_url) as queue:
                queue.announce_packing()

        await asyncio.to_thread(announce)

    async def check_packs(self) -> int:
        """What is packed is what the documents say; returns how many rows were compared."""
        auditor = self.crew.start("audit")
        assert await auditor.end() == 0, auditor.output
        return sum(int(rows.replace(",", "")) for rows in re.findall(r"([\d,]+) rows compared", auditor.output))

    async def check(self) -> tuple[dict[str, dict[int, BitMap]], int]:
        """Everything that must hold when all is quiet; returns the members of each generation, and how many deliveries
        were made so far.
        """
        await checks.nobody_failed(self.hub)
        replayed = await checks.ledgers(self.hub)
        await checks.partition_holds(self.hub, replayed)
        await checks.visits_are_all_there(self.hub, self.stream)
        await checks.guests_are_as_told(self.hub, self.stream)
        delivered = await checks.exports_are_whole(self.hub, self.crew.settings.export_dir)
        await checks.api_agrees(self.api, self.hub, replayed, "Adults", "RomanSpenders")
        return replayed, delivered

    async def check_members(self, replayed: Mapping[str, dict[int, BitMap]]) -> None:
        """The newest generations have those as members whom looking at every guest finds."""
        facts = await asyncio.to_thread(Facts.of, self.stream)
        await checks.members_are_true(self.hub, replayed, facts, queries(self.extra))


@asynccontextmanager
async def hub_at_work(
    hub: Hub, settings: Settings, folder: Path, seed: int, *, keys: int = 2_000, extra: int = 20
) -> AsyncIterator[HubAtWork]:
    """A hub whose processes write to `folder`; nothing is started yet. All ends with the block."""
    with Crew(settings, folder / "processes") as crew:
        async with Api(crew.address) as api:
            stream = Stream(chance=random.Random(seed), folder=folder)
            yield HubAtWork(hub=hub, crew=crew, api=api, stream=stream, keys=keys, extra=extra)
