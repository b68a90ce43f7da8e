"""What an evaluation read, and how long that took."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic


@dataclass(slots=True, kw_only=True)
class Cost:
    """A running total: pipelines sent, rows that came back, and seconds from asking to having used the last of them."""

    pipelines: int = 0
    rows: int = 0
    elapsed_s: float = 0.0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count one pipeline, and the time until its rows are used up."""
        self.pipelines += 1
        start = monotonic()
        try:
            yield
        finally:
            self.elapsed_s += monotonic() - start
