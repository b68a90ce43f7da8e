"""Settings of a seggql process, read from the environment (`SEGGQL_…`) by whoever composes the process."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting with its default; the README lists them from here."""

    model_config = SettingsConfigDict(env_prefix="SEGGQL_", frozen=True, allow_inf_nan=False)

    mongodb_uri: str = Field(
        "mongodb://127.0.0.1:27017/?replicaSet=rs0", description="Where MongoDB is; a replica set, one node will do."
    )
    database: str = Field(
        "seggql", pattern=r"^[A-Za-z0-9_-]{1,63}$", description="Name of the database; one database is one hub."
    )
    broker_url: str = Field(
        "redis://127.0.0.1:6379/0",
        description="Where jobs are announced: Redis (`redis://`, `rediss://`) or RabbitMQ (`amqp://`, `amqps://`).",
    )
    host: str = Field("127.0.0.1", description="Address that the API listens on; only loopback addresses for now.")
    port: int = Field(8000, ge=0, le=65535, description="Port that the API listens on; 0 takes any free one.")
    container: bool = Field(
        False,
        description="Listen on all addresses of a container that is published on loopback only (docker-compose.yml).",
    )
    export_dir: Path = Field(Path("exports"), description="Folder below which the `file` exporter may write.")

    log_format: Literal["text", "json"] = Field(
        "text", description="Log lines as `text`, or as `json`, an object a line."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="`DEBUG` (with a line for each request), `INFO`, `WARNING` or `ERROR`."
    )
    stop_timeout_s: float = Field(
        10.0,
        gt=0,
        description="How long requests and jobs under way may take to end once a process is told to stop, in seconds.",
    )

    ledger_retention_days: int = Field(
        400, gt=0, description="How long it is kept who entered and left a segment when, in days."
    )
    job_retention_days: int = Field(90, gt=0, description="How long jobs that have ended are kept, in days.")
    max_active_segments: int = Field(
        1_000, gt=0, description="Most dynamic segments that may be active; static ones do not count."
    )
    query_max_bytes: int = Field(65_536, gt=0, description="Longest query text, in bytes of UTF-8.")
    query_max_nesting: int = Field(64, gt=0, description="Deepest nesting of a query.")
    query_max_predicates: int = Field(1_000, gt=0, description="Most predicates in a query.")
    query_max_traversals: int = Field(20, gt=0, description="Most TRAVERSE steps in a query.")
    query_max_in_literals: int = Field(10_000, gt=0, description="Most literals in one IN.")
    query_plan_timeout_s: float = Field(5.0, gt=0, description="Longest time to plan a query, in seconds.")
    estimate_exact_s: float = Field(
        1.0, ge=0, description="How long counting may be expected to take for an estimate to be exact, in seconds."
    )
    estimate_timeout_s: float = Field(
        5.0, gt=0, description="How long a sample may grow where an estimate is not exact, in seconds."
    )

    row_max_bytes: int = Field(
        15 * 1024 * 1024, gt=0, description="Largest row of data, in bytes; larger ones are rejected."
    )
    body_max_bytes: int = Field(32 * 1024 * 1024, gt=0, description="Largest GraphQL request, in bytes.")

    mongodb_timeout_s: float = Field(
        30.0, gt=0, description="How long a request waits for a MongoDB server to be there, in seconds."
    )
    lease_s: float = Field(60.0, gt=0, description="How long a worker owns a run without a heartbeat, in seconds.")
    refresh_processes: int = Field(
        0,
        ge=0,
        le=64,
        description="Processes in which a worker evaluates a big refresh, itself one of them; 1: the worker alone, "
        "0: one for every two CPUs, 4 at most.",
    )
    packs: bool = Field(
        True, description="Keep columns packed beside the documents, so that refreshes are fast; off removes them."
    )
    pack_after: int = Field(
        20_000, ge=0, description="Records that a type must have to be packed; fewer are read fast enough without."
    )
    pack_share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="Share of its time that packing works; it rests otherwise, so that ingest keeps its rate.",
    )
    profile_cost_us: float = Field(
        10.0, gt=0, description="Planner: cost of looking one profile up in the interactions, in microseconds."
    )
    key_cost_us: float = Field(3.0, gt=0, description="Planner: cost of grouping one interaction, in microseconds.")
