"""What tests of reliability may use besides: settings of a hub whose workers are missed soon."""

import os
import random

import pytest

from seggql.settings import Settings

LEASE_S = 2.0
"""Short, so that takeovers are; a worker that is alive has four heartbeats in it."""

MONGODB_TIMEOUT_S = 20.0

PACKED_SOON = {"pack_after": 500, "pack_share": 1.0}
"""So that the small worlds of these tests are packed."""


@pytest.fixture
def seed() -> int:
    """What chance begins with: SEGGQL_TEST_SEED repeats a run."""
    return int(os.environ.get("SEGGQL_TEST_SEED", random.randrange(10**6)))


@pytest.fixture
def hasty(settings: Settings) -> Settings:
    """Settings of this test with short leases; it still has to name a broker."""
    return settings.model_copy(update={"lease_s": LEASE_S, "mongodb_timeout_s": MONGODB_TIMEOUT_S} | PACKED_SOON)
