"""Profiles that interactions and edges name by key: found, or made (key only) where they are not known yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bson import ObjectId
from pyroaring import BitMap

from seggql.store.hub import Hub
from seggql.store.keys import allocate_ordinals, find_ordinals
from seggql.store.profiles import create_profiles, new_profile

Named = Mapping[str, Mapping[str, None]]
"""Keys by profile type, each once, in the order in which they came."""


@dataclass(slots=True)
class Ends:
    """The ordinals of named profiles, by type and key; `new` are those that are still to be made."""

    known: dict[str, dict[str, int]] = field(default_factory=dict)
    new: dict[str, dict[str, int]] = field(default_factory=dict)

    def ordinal(self, profile_type: str, key: str) -> int:
        """The ordinal of a profile that is known or about to be."""
        known = self.known[profile_type].get(key)
        return self.new[profile_type][key] if known is None else known

    def ordinals(self) -> dict[str, dict[str, int]]:
        """All of them, by type and key."""
        return {name: known | self.new.get(name, {}) for name, known in self.known.items()}

    def has(self, profile_type: str, key: str) -> bool:
        """Whether the profile is there or about to be."""
        return key in self.known[profile_type] or key in self.new.get(profile_type, {})

    def knows(self, profile_type: str, key: str) -> bool:
        """Whether the profile is there already."""
        return key in self.known[profile_type]

    def know(self, named: Named) -> bool:
        """Whether all profiles that are `named` are there already."""
        return all(keys.keys() <= self.known[name].keys() for name, keys in named.items())

    def touched(self) -> dict[str, BitMap]:
        """All ordinals, by profile type."""
        touched = {name: BitMap(ordinals.values()) for name, ordinals in self.known.items()}
        for name, ordinals in self.new.items():
            touched[name] = touched.get(name, BitMap()) | BitMap(ordinals.values())
        return touched


async def find_ends(hub: Hub, named: Named) -> Ends:
    """The profiles that there are of those `named`."""
    return Ends(known={name: await find_ordinals(hub, name, keys) for name, keys in named.items()})


async def number_new_ends(hub: Hub, ends: Ends, named: Named) -> None:
    """Give the profiles of `named` that are not known ordinals of their own, not stored yet."""
    for name, keys in named.items():
        missing = [key for key in keys if not ends.knows(name, key)]
        ends.new[name] = (
            dict(zip(missing, await allocate_ordinals(hub, name, len(missing)), strict=True)) if missing else {}
        )


async def create_new_ends(hub: Hub, ends: Ends, batch_id: ObjectId, at: datetime) -> bool:
    """Store the new profiles; False where another writer has just made one of them."""
    for name, ordinals in ends.new.items():
        profiles = [new_profile(key, ordinal, {}, batch_id, at) for key, ordinal in ordinals.items()]
        if profiles and not await create_profiles(hub, name, profiles):
            return False
    return True
