"""Batched reads."""

from asyncio import gather

from seggql.graphql.loaders import Loaders
from seggql.store.hub import Hub

batches: list[list[int]] = []


async def squares(hub: Hub, numbers: list[int]) -> list[int]:
    batches.append(numbers)
    return [number * number for number in numbers]


async def test_what_is_asked_for_at_once_is_read_at_once_and_remembered(hub: Hub) -> None:
    batches.clear()
    loaders = Loaders(hub, remembers=True)
    assert await gather(*(loaders.of(squares).load(number) for number in (3, 4, 3))) == [9, 16, 9]
    assert await loaders.of(squares).load(4) == 16
    assert batches == [[3, 4]]


async def test_without_memory_only_what_is_asked_for_at_once_is_read_once(hub: Hub) -> None:
    batches.clear()
    loaders = Loaders(hub, remembers=False)
    assert await gather(*(loaders.of(squares).load(number) for number in (3, 4, 3))) == [9, 16, 9]
    assert await loaders.of(squares).load(4) == 16
    assert batches == [[3, 4], [4]]
