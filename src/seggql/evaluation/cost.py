"""What an evaluation read, as its worker sees it: MongoDB does not tell how much it looked at for its answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Pipelines sent, rows delivered from documents and from index keys alone, and bytes of the replies."""

    pipelines: int = 0
    documents: int = 0
    keys: int = 0
    bytes: int = 0

    def __sub__(self, earlier: "Cost") -> "Cost":
        return Cost(
            pipelines=self.pipelines - earlier.pipelines,
            documents=self.documents - earlier.documents,
            keys=self.keys - earlier.keys,
            bytes=self.bytes - earlier.bytes,
        )

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            pipelines=self.pipelines + other.pipelines,
            documents=self.documents + other.documents,
            keys=self.keys + other.keys,
            bytes=self.bytes + other.bytes,
        )

    def __mul__(self, share: float) -> "Cost":
        return Cost(
            pipelines=round(self.pipelines * share),
            documents=round(self.documents * share),
            keys=round(self.keys * share),
            bytes=round(self.bytes * share),
        )

    def __str__(self) -> str:
        rows = self.documents + self.keys
        return f"Pipelines: {self.pipelines:,}, rows: {rows:,}, MB: {self.bytes / 1e6:,.1f}"


NO_COST = Cost()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was read, and how many milliseconds it took."""

    cost: Cost = NO_COST
    elapsed_ms: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(cost=self.cost + other.cost, elapsed_ms=self.elapsed_ms + other.elapsed_ms)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(cost=self.cost - other.cost, elapsed_ms=self.elapsed_ms - other.elapsed_ms)

    def __mul__(self, share: float) -> "Spent":
        return Spent(cost=self.cost * share, elapsed_ms=self.elapsed_ms * share)


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts while an evaluation runs; `bytes` are those that other processes read for it, `processes` how many took
    part at most."""

    pipelines: int = 0
    documents: int = 0
    keys: int = 0
    bytes: int = 0
    processes: int = 1

    def count(self, rows: int, *, is_covered: bool) -> None:
        """Count rows of a pipeline; a covered one reads index keys alone."""
        if is_covered:
            self.keys += rows
        else:
            self.documents += rows

    def add(self, cost: Cost, *, processes: int) -> None:
        """Count what another process read, one of so many that took part."""
        self.pipelines += cost.pipelines
        self.documents += cost.documents
        self.keys += cost.keys
        self.bytes += cost.bytes
        self.processes = max(self.processes, processes)
