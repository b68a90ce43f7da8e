"""A hub of guests and their visits: types, segments, and a seeded stream of what comes in, which knows what is true."""

import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RelationshipType
from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.store.hub import Hub

CITIES = ("Rome", "Paris", "Oslo", None)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

Visit = tuple[str, str | None, int]
"""When (RFC 3339), whose, for how much."""


async def define_world(hub: Hub) -> None:
    """Guests, who visit, and know each other."""
    attributes = (Attribute(name="age", type=AttributeType.INT), Attribute(name="city", type=AttributeType.STRING))
    await define_profile_type(hub, ProfileType(name="Guest", attributes=attributes))
    await define_relationship_type(hub, RelationshipType(name="Knows", source="Guest", target="Guest"))
    amount = Attribute(name="amount", type=AttributeType.INT)
    visitor = Link(name="Visitor", profile_type="Guest")
    await define_interaction_type(hub, InteractionType(name="Visit", links=(visitor,), attributes=(amount,)))


@dataclass(slots=True)
class Stream:
    """What comes in, decided by a seed; `guests`, `visits`, `known` are the truth once all of it was acknowledged."""

    chance: random.Random
    folder: Path
    guests: dict[str, dict[str, Any]] = field(default_factory=dict)
    identified: dict[str, Visit] = field(default_factory=dict)
    nameless: Counter[Visit] = field(default_factory=Counter)
    known: set[tuple[str, str]] = field(default_factory=set)
    _files: int = 0

    def guests_file(self, rows: int, keys: int) -> Path:
        """Upserts of some of `keys` guests; many change, some lose an attribute."""
        lines = []
        for _ in range(rows):
            key = self._key(keys)
            attributes: dict[str, Any] = {}
            if self.chance.random() < 0.8:
                attributes["age"] = self.chance.choice([None, *range(18, 90)])
            if self.chance.random() < 0.8:
                attributes["city"] = self.chance.choice(CITIES)
            lines.append({"key": key, "attributes": attributes})
            guest = self.guests.setdefault(key, {})
            for name, value in attributes.items():
                guest[name] = value
        return self._write("guests", lines)

    def visits_file(self, rows: int, keys: int) -> Path:
        """Visits with ids, or without; some of guests that nobody has heard of."""
        has_ids = self.chance.random() < 0.5
        lines = []
        for _ in range(rows):
            row = self.visit(keys)
            id_ = row.pop("id")
            visit = (row["timestamp"], row["links"]["Visitor"], row["attributes"]["amount"])
            self.guests.setdefault(row["links"]["Visitor"], {})
            if has_ids:
                self.identified[id_] = visit
                row["id"] = id_
            else:
                self.nameless[visit] += 1
            lines.append(row)
        return self._write("visits", lines)

    def visit(self, keys: int) -> dict[str, Any]:
        """One visit as the API takes it, with an id; nobody has taken note of it yet."""
        at = BEGIN + timedelta(seconds=self.chance.randrange(10_000_000))
        return {
            "id": f"v{self.chance.getrandbits(60):015x}",
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "links": {"Visitor": self._key(keys)},
            "attributes": {"amount": self.chance.randrange(100)},
        }

    def acknowledged(self, rows: list[dict[str, Any]]) -> None:
        """Take note of visits that the API has said it stored."""
        for row in rows:
            guest = row["links"]["Visitor"]
            self.guests.setdefault(guest, {})
            self.identified[row["id"]] = (row["timestamp"], guest, row["attributes"]["amount"])

    def edges_file(self, rows: int, keys: int) -> Path:
        """Who knows whom; some of it is told more than once."""
        lines = []
        for _ in range(rows):
            source, target = self._key(keys), self._key(keys)
            self.known.add((source, target))
            self.guests.setdefault(source, {})
            self.guests.setdefault(target, {})
            lines.append({"source": source, "target": target})
        return self._write("edges", lines)

    def visits_by_guest(self) -> dict[str, list[int]]:
        """The amounts of each guest's visits."""
        found: dict[str, list[int]] = defaultdict(list)
        for visit in [*self.identified.values(), *self.nameless.elements()]:
            found[visit[1] or ""].append(visit[2])
        return found

    def _key(self, keys: int) -> str:
        return f"g{self.chance.randrange(keys):05}"

    def _write(self, kind: str, lines: list[dict[str, Any]]) -> Path:
        self._files += 1
        path = self.folder / f"{self._files:04}-{kind}.ndjson"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path
