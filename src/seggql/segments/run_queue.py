"""What the use cases need of whoever carries runs to the workers."""

from typing import Protocol


class RunQueue(Protocol):
    """Tells a worker that a run is there; the run is in MongoDB already, so that a lost message loses nothing."""

    def announce(self, run_id: str) -> None:
        """Send the id; returns at once. Raises: UnavailableError where the broker does not answer."""
