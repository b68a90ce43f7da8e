"""What an evaluation read, and how long it took."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Cost:
    """A running total: pipelines sent, rows that came back, and seconds spent; one for each segment or run."""

    pipelines: int = 0
    rows: int = 0
    elapsed_s: float = 0.0

    def add(self, other: "Cost") -> None:
        """Count in what another evaluation took."""
        self.pipelines += other.pipelines
        self.rows += other.rows
        self.elapsed_s += other.elapsed_s
