"""Keeps packing from taking a MongoDB away from those who write and read: it rests in proportion to what it worked."""

import asyncio
from time import monotonic

LONGEST_REST_S = 60.0
"""That MongoDB did not answer for an hour is no reason to rest for three."""


class Pace:
    """`share` of the time is work, the rest of it rest; 1 never rests."""

    def __init__(self, share: float) -> None:
        self._rest_per_work = 1 / share - 1
        self._since = monotonic()

    async def rest(self) -> None:
        """Rest for what was worked since the last rest."""
        worked = monotonic() - self._since
        await asyncio.sleep(min(LONGEST_REST_S, worked * self._rest_per_work))
        self._since = monotonic()
