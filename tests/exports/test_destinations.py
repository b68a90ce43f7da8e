"""Destinations: options are checked, secrets stay inside, what is in use stays."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest
from pydantic import BaseModel, SecretStr

from seggql.errors import DestinationUnavailable, RequestError
from seggql.exporter import AnyExporter, Delivery, Exporter, ExportMode, Writer
from seggql.exports.define import create_export
from seggql.exports.destinations import (
    MASK,
    check_destination,
    create_destination,
    delete_destination,
    find_destination,
    shown_options,
    update_destination,
)
from seggql.store.hub import Hub


class MailOptions(BaseModel):
    """Options with a secret."""

    host: str
    password: SecretStr


class Mail(Exporter[MailOptions]):
    """A destination that remembers with which password it was asked."""

    name: ClassVar[str] = "mail"
    display_name: ClassVar[str] = "Mail"
    description: ClassVar[str] = "A made-up destination."
    version: ClassVar[str] = "1"
    options_model: ClassVar[type[BaseModel]] = MailOptions

    def __init__(self, failures: Sequence[Exception] = ()) -> None:
        self.failures = list(failures)
        self.passwords: list[str] = []

    async def check(self, options: MailOptions) -> None:
        self.passwords.append(options.password.get_secret_value())
        if self.failures:
            raise self.failures.pop(0)

    async def open(self, delivery: Delivery, options: MailOptions) -> Writer:
        raise NotImplementedError


OPTIONS = {"host": "mx", "password": "s3cret"}


async def test_secrets_are_kept_but_never_shown(hub: Hub) -> None:
    mail = Mail()
    exporters: dict[str, AnyExporter] = {"mail": mail}
    created = await create_destination(exporters, "Mail", "mail", OPTIONS)
    assert shown_options(mail, created.options) == {"host": "mx", "password": MASK}
    await check_destination(exporters, created.id)
    assert mail.passwords == ["s3cret"]


async def test_a_mask_sent_back_keeps_the_secret_and_a_new_one_replaces_it(hub: Hub) -> None:
    exporters: dict[str, AnyExporter] = {"mail": Mail()}
    created = await create_destination(exporters, "Mail", "mail", OPTIONS)
    kept = await update_destination(exporters, created.id, None, {"host": "mx2", "password": MASK})
    assert kept.options == {"host": "mx2", "password": "s3cret"}
    changed = await update_destination(exporters, created.id, "Post", {"host": "mx2", "password": "new"})
    assert (changed.name, changed.options["password"]) == ("Post", "new")


async def test_wrong_options_are_named_without_their_values(hub: Hub) -> None:
    with pytest.raises(RequestError, match=r"Wrong options: host: .*; password: Field required") as caught:
        await create_destination({"mail": Mail()}, "Mail", "mail", {"host": ["s3cret"]})
    assert "s3cret" not in str(caught.value)


async def test_an_unknown_exporter_is_refused_with_those_there_are(hub: Hub) -> None:
    with pytest.raises(RequestError, match="installed are: mail"):
        await create_destination({"mail": Mail()}, "Mail", "post", {})


async def test_names_are_unique_and_printable(hub: Hub) -> None:
    exporters: dict[str, AnyExporter] = {"mail": Mail()}
    first = await create_destination(exporters, "Mail", "mail", OPTIONS)
    second = await create_destination(exporters, "Post", "mail", OPTIONS)
    with pytest.raises(RequestError, match="There is a destination called 'Mail' already"):
        await create_destination(exporters, "Mail", "mail", OPTIONS)
    with pytest.raises(RequestError, match="There is a destination called 'Mail' already"):
        await update_destination(exporters, second.id, "Mail", None)
    for name in ("", " ", "a\nb", "x" * 101):
        with pytest.raises(RequestError, match="1 to 100 printable"):
            await update_destination(exporters, first.id, name, None)


async def test_a_failed_check_is_kept_and_the_next_good_one_replaces_it(hub: Hub) -> None:
    exporters: dict[str, AnyExporter] = {"mail": Mail([DestinationUnavailable("no route"), KeyError("host")])}
    created = await create_destination(exporters, "Mail", "mail", OPTIONS)
    messages = []
    for _ in range(3):
        check = (await check_destination(exporters, created.id)).last_check
        assert check is not None
        messages.append((check.is_ok, check.message))
    assert messages == [(False, "no route"), (False, "Exporter 'mail' failed: KeyError"), (True, None)]


async def test_what_an_export_uses_is_not_deleted(hub: Hub) -> None:
    exporters: dict[str, AnyExporter] = {"mail": Mail()}
    created = await create_destination(exporters, "Mail", "mail", OPTIONS)
    await create_export(
        hub,
        exporters,
        name="weekly",
        destination_id=created.id,
        segment_ids=[],
        fields=None,
        mode=ExportMode.FULL,
        is_scheduled=True,
    )
    with pytest.raises(RequestError, match="These exports use the destination: weekly"):
        await delete_destination(hub, created.id)
    assert await find_destination(created.id) == created


async def test_a_destination_is_not_deleted_while_an_export_comes_to_use_it(hub: Hub) -> None:
    exporters: dict[str, AnyExporter] = {"mail": Mail()}
    for attempt in range(4):
        created = await create_destination(exporters, f"Mail{attempt}", "mail", OPTIONS)
        making = create_export(
            hub,
            exporters,
            name=f"weekly{attempt}",
            destination_id=created.id,
            segment_ids=[],
            fields=None,
            mode=ExportMode.FULL,
            is_scheduled=True,
        )
        made, deleted = await asyncio.gather(making, delete_destination(hub, created.id), return_exceptions=True)
        assert isinstance(made, RequestError) is not isinstance(deleted, RequestError)


async def test_a_mode_that_the_exporter_does_not_have_is_refused(hub: Hub) -> None:
    exporters: dict[str, AnyExporter] = {"mail": Mail()}
    created = await create_destination(exporters, "Mail", "mail", OPTIONS)
    with pytest.raises(RequestError, match="cannot deliver DELTA; it can: FULL"):
        await create_export(
            hub,
            exporters,
            name="weekly",
            destination_id=created.id,
            segment_ids=[],
            fields=None,
            mode=ExportMode.DELTA,
            is_scheduled=True,
        )


class LaterOptions(BaseModel):
    """What a later version of the exporter takes."""

    host: str
    port: int
    token: SecretStr | None = None


async def test_options_that_a_later_version_refuses_are_shown_without_secrets(hub: Hub) -> None:
    mail = Mail()
    created = await create_destination({"mail": mail}, "Mail", "mail", OPTIONS)
    later = Mail()
    later.options_model = LaterOptions  # type: ignore[misc]  # of this one alone
    assert shown_options(later, {**created.options, "token": "t0ken"}) == {
        "host": "mx",
        "password": MASK,
        "token": MASK,
    }
    checked = await check_destination({"mail": later}, created.id)
    assert checked.last_check is not None
    assert "Wrong options: port: Field required" in (checked.last_check.message or "")
