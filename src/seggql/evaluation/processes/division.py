"""Divides passes over packs among processes where that pays, and unites what they find."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence

from pyroaring import BitMap

from seggql.evaluation.packed.costs import PackCosts
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.shares import Operator, Share, evaluate_share, shares_of
from seggql.evaluation.processes.pool import ProcessPlace, idle_cpus
from seggql.evaluation.processes.started import ProcessLost, StartedProcess
from seggql.evaluation.processes.work import Answer, Failure, Request
from seggql.evaluation.run import Run
from seggql.stopping import cancel_for_certain

logger = logging.getLogger(__name__)

WORTH_S = 0.3
"""Passes of so many seconds of one core are divided: smaller ones gain less than it takes that all read the columns."""


async def find_in_shares(operators: Sequence[Operator], pack: OpenPack, run: Run) -> Mapping[Operator, BitMap]:
    """What each operator finds in the pack and its tail; deleted profiles may be among it.

    Raises: UnavailableError, SnapshotExpired.
    """
    places = places_for(PackCosts(pack, operators).us() / 1e6, run) if run.beside else []
    division = Division(shares_of(operators, pack, len(places) + 1), run)
    await division.evaluate(places)
    return division.found


def places_for(seconds: float, run: Run) -> list[ProcessPlace]:
    """Where the processes are that take part in a pass of so many seconds, besides this one; none on a busy machine."""
    if run.beside is None or seconds < WORTH_S:
        return []
    pool = run.beside.pool
    may_start = pool.is_worth_starting(seconds)
    able = [place for place in pool.places if place.is_free and (may_start or place.started)]
    return able[: idle_cpus()] if able else []


class Division:
    """Shares, each taken by whichever process comes first; `found` is what each operator finds in those evaluated."""

    def __init__(self, shares: Sequence[Share], run: Run) -> None:
        self.found: dict[Operator, BitMap] = {}
        self._run = run
        self._left = deque(shares)
        self._out = 0
        self._answered: set[int] = set()

    async def evaluate(self, places: Sequence[ProcessPlace]) -> None:
        """Evaluate all shares, here and in the processes at `places`; those that get no answer, here.

        Raises: UnavailableError, SnapshotExpired.
        """
        others = {asyncio.ensure_future(self._elsewhere(place)) for place in places[: len(self._left) - 1]}
        try:
            while self._left or self._out:
                if self._left:
                    share = self._left.popleft()
                    self._unite(share, await evaluate_share(share, self._run))
                else:
                    _, others = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_for_certain(others)

    async def _elsewhere(self, place: ProcessPlace) -> None:
        """Have shares evaluated by the process at `place` for as long as it answers and some are left."""
        try:
            async with place.process() as process:
                while self._left:
                    await self._evaluate_by(process, self._left.popleft())
        except ProcessLost as error:
            logger.warning("process lost, the worker evaluates its share reason=%s", error)
        except Exception:  # process edge: whatever it is, the worker can do without the process
            logger.exception("process not asked, the worker evaluates its share")

    async def _evaluate_by(self, process: StartedProcess, share: Share) -> None:
        """Have a share evaluated, which is left again where that fails."""
        assert self._run.beside is not None, "there is a process"
        answer: object = None
        self._out += 1
        try:
            request = Request(catalog=self._run.catalog, snapshot=self._run.beside.snapshot, share=share)
            answer = await process.ask(request)
        finally:
            self._out -= 1
            if not isinstance(answer, Answer):
                self._left.append(share)
        if not isinstance(answer, Answer):
            raise ProcessLost(answer.reason if isinstance(answer, Failure) else "It answered something else.")
        self._unite(share, answer.found)
        self._answered.add(process.process.pid)
        self._run.meter.add(answer.cost, processes=len(self._answered) + 1)

    def _unite(self, share: Share, found: Sequence[BitMap]) -> None:
        for operator, bitmap in zip(share.operators, found, strict=True):
            self.found[operator] = self.found[operator] | bitmap if operator in self.found else bitmap
