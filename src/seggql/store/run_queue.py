"""Telling workers of runs: what is needed of whoever carries ids to them."""

import logging
from typing import Protocol

from seggql.errors import UnavailableError

logger = logging.getLogger(__name__)


class RunQueue(Protocol):
    """Tells a worker that a run is there; the run is in MongoDB already, so that a lost message loses nothing."""

    def announce(self, run_id: str) -> None:
        """Send the id; returns at once. Raises: UnavailableError where the broker does not answer."""


def announce(queue: RunQueue, run_id: str) -> None:
    """Tell the workers of a stored run; where the broker does not answer, the sweep tells them later."""
    try:
        queue.announce(run_id)
    except UnavailableError as error:
        logger.warning("run not announced, the sweep will run=%s error=%s", run_id, error)
