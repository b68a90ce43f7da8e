"""Redis and RabbitMQ do the same for us, and say so when they are away."""

import asyncio
import logging
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from queue import PriorityQueue
from typing import Any

import dramatiq.worker
import pytest
from dramatiq import Broker, Consumer
from dramatiq.worker import ConsumerThread

from seggql.dev.mongod import free_port
from seggql.errors import RequestError, UnavailableError
from seggql.jobs.broker import RUNS_QUEUE, make_broker
from seggql.jobs.outages import tell_outages
from seggql.jobs.queue import LEFT_ALONE_S, DramatiqQueue, open_queue
from seggql.segments.planning import request_instant
from seggql.segments.requests import request_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import JobStatus
from tests.jobs.rabbitmq_server import running_rabbitmq
from tests.jobs.test_worker import ended
from tests.jobs.worker_process import STALL, worker_process
from tests.requirements import needs, part_path
from tests.segments.world import dynamic, keys_of, make_world


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


@pytest.fixture
def queue(broker_settings: Settings) -> Iterator[DramatiqQueue]:
    """Announces over the broker of this test."""
    with open_queue(broker_settings.broker_url) as queue:
        yield queue


async def test_refreshes_go_over_either_broker_to_a_worker_process(
    world: Hub, broker_settings: Settings, queue: DramatiqQueue
) -> None:
    segment = await dynamic(world, broker_settings, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    with worker_process(broker_settings) as worker:
        for _ in range(2):
            (job,) = await request_refresh(world, queue, [segment.id], request_instant())
            done = await ended(world, job)
            assert (done.status, done.error) == (JobStatus.SUCCESSFUL, None)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 20) == 0
    assert await keys_of(world, "Old") == {"cleo", "dan"}


async def test_what_a_stopped_worker_gives_back_another_takes_at_once(
    world: Hub, broker_settings: Settings, queue: DramatiqQueue
) -> None:
    patient = broker_settings.model_copy(update={"lease_s": 600.0})
    segment = await dynamic(world, patient, "Old", "PROFILE(Contact).FILTER(Age >= 40)")
    with worker_process(patient, before=STALL) as stopped:
        (job,) = await request_refresh(world, queue, [segment.id], request_instant())
        assert stopped.stdout is not None
        assert await asyncio.to_thread(stopped.stdout.readline) == "stalled\n"
        with worker_process(patient, before='print("begun", flush=True)') as other:
            assert other.stdout is not None
            assert await asyncio.to_thread(other.stdout.readline) == "begun\n"
            stopped.send_signal(signal.SIGTERM)
            told = time.monotonic()
            assert (await ended(world, job)).status is JobStatus.SUCCESSFUL
            assert time.monotonic() - told < 15, "without any sweep, and long before the lease runs out"
            assert await asyncio.to_thread(stopped.wait, 30) == 0


@needs("rabbitmq-server")
def test_an_announcement_reaches_a_rabbitmq_that_was_away_meanwhile(tmp_path: Path) -> None:
    command, port = part_path("rabbitmq-server"), free_port()
    with running_rabbitmq(command, tmp_path, port=port) as url, open_queue(url) as queue:
        queue.announce("1" * 24)
    with open_queue(url) as queue:
        with pytest.raises(UnavailableError, match="SEGGQL_BROKER_URL"):
            queue.announce("2" * 24)
        with running_rabbitmq(command, tmp_path, port=port):
            queue.announce("3" * 24)
            broker = make_broker(url)
            waiting = _taken(broker, 2)
            broker.close()
    assert waiting == ["1" * 24, "3" * 24]


def _taken(broker: Broker, count: int) -> list[str]:
    """The run ids of the next messages."""
    consumer = broker.consume(RUNS_QUEUE, prefetch=count, timeout=10_000)
    messages = [next(iter(consumer)) for _ in range(count)]
    consumer.close()
    return [message.args[0] for message in messages if message]


def test_a_broker_that_did_not_answer_is_left_alone_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def enqueue(message: object) -> None:
        tried.append(message)
        raise ConnectionRefusedError

    broker = make_broker("redis://127.0.0.1:1/0")
    monkeypatch.setattr(broker, "enqueue", enqueue)
    queue = DramatiqQueue(broker)
    for _ in range(3):
        with pytest.raises(UnavailableError, match="SEGGQL_BROKER_URL"):
            queue.announce("1" * 24)
    assert len(tried) == 1
    monkeypatch.setattr("seggql.jobs.queue.monotonic", lambda: time.monotonic() + LEFT_ALONE_S)
    with pytest.raises(UnavailableError):
        queue.announce("1" * 24)
    assert len(tried) == 2


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:6379", "amqp://127.0.0.1:port/"])
def test_a_broker_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(RequestError, match="SEGGQL_BROKER_URL"):
        make_broker(url)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1/", "amqp://nowhere.invalid/"])
def test_a_worker_tells_an_outage_once_and_names_the_setting(
    url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dramatiq.worker, "CONSUMER_RESTART_DELAY_SECS", 0.01)
    broker = make_broker(url)
    tried, consume = [], broker.consume

    def counted(**options: Any) -> Consumer:
        tried.append(options)
        return consume(**options)

    monkeypatch.setattr(broker, "consume", counted)
    for name in (RUNS_QUEUE, f"{RUNS_QUEUE}.DQ"):
        monkeypatch.setattr(logging.getLogger(f"dramatiq.worker.ConsumerThread({name})"), "filters", [])
    tell_outages([RUNS_QUEUE])
    consumers = [
        ConsumerThread(broker=broker, queue_name=name, prefetch=1, work_queue=PriorityQueue(), worker_timeout=100)
        for name in (RUNS_QUEUE, f"{RUNS_QUEUE}.DQ")
    ]
    with caplog.at_level(logging.WARNING):
        for consumer in consumers:
            consumer.start()
        deadline = time.monotonic() + 20
        while len(tried) < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        for consumer in consumers:
            consumer.stop()
            consumer.join(20)
    assert len(tried) >= 6
    (line,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "SEGGQL_BROKER_URL" in line.getMessage()
    assert line.exc_info is None
