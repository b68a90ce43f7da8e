"""Telling workers what there is to do: what is needed of whoever carries that to them."""

import logging
from typing import Protocol

from seggql.errors import UnavailableError

logger = logging.getLogger(__name__)


class RunQueue(Protocol):
    """Tells a worker that a run is there; the run is in MongoDB already, so that a lost message loses nothing."""

    def announce(self, run_id: str) -> None:
        """Send the id; returns at once. Raises: UnavailableError where the broker does not answer."""


class PackQueue(Protocol):
    """Tells a worker that it is time to see to the packs."""

    def announce_packing(self) -> None:
        """Send that; returns at once. Raises: UnavailableError where the broker does not answer."""


class WorkQueue(RunQueue, PackQueue, Protocol):
    """Tells workers of all that there is to do."""


def announce(queue: RunQueue, run_id: str) -> None:
    """Tell the workers of a stored run; where the broker does not answer, the sweep tells them later."""
    try:
        queue.announce(run_id)
    except UnavailableError as error:
        logger.warning("run not announced, the sweep will run=%s error=%s", run_id, error)
