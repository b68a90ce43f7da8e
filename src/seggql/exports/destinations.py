"""Destinations: created, changed, checked, deleted; their options are held to the exporter's model."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from seggql.errors import ExportError, PluginError, RequestCode, RequestError
from seggql.exporter import AnyExporter
from seggql.store import destinations as store
from seggql.store import exports as export_store
from seggql.store.destinations import Destination, DestinationCheck
from seggql.store.hub import Hub
from seggql.store.segments import guard_dependencies
from seggql.store.transaction import Session, in_transaction

MASK = "**********"
"""What is shown in place of a secret. Sent back as an option's value, it means: leave the secret as it is."""

Exporters = Mapping[str, AnyExporter]


async def create_destination(exporters: Exporters, name: str, exporter: str, options: Mapping[str, Any]) -> Destination:
    """Store a target. Raises: RequestError (INVALID, NAME_TAKEN)."""
    checked_name(name)
    checked = validated_options(exporter_called(exporters, exporter), options)
    return await store.insert_destination(name, exporter, stored_options(checked))


async def update_destination(
    exporters: Exporters, id_: str, name: str | None, options: Mapping[str, Any] | None
) -> Destination:
    """Change the name, the options, or both; None leaves. Raises: RequestError (NOT_FOUND, INVALID, NAME_TAKEN)."""
    destination = await find_destination(id_)
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = checked_name(name)
    if options is not None:
        exporter = exporter_called(exporters, destination.exporter)
        kept = {key: destination.options.get(key) if value == MASK else value for key, value in options.items()}
        changes["options"] = stored_options(validated_options(exporter, kept))
    return await store.change_destination(id_, changes) if changes else destination


async def check_destination(exporters: Exporters, id_: str) -> Destination:
    """Ask the destination whether it would take a delivery, and keep the answer. Raises: RequestError (NOT_FOUND)."""
    destination = await find_destination(id_)
    exporter = exporter_called(exporters, destination.exporter)
    at = datetime.now(UTC)
    try:
        await exporter.check(validated_options(exporter, destination.options))
    except (ExportError, RequestError) as error:
        return await store.record_check(id_, DestinationCheck(at=at, is_ok=False, message=str(error)))
    except Exception as error:  # a plugin may raise anything
        failure = PluginError(f"Exporter {exporter.name!r} failed: {type(error).__name__}")
        return await store.record_check(id_, DestinationCheck(at=at, is_ok=False, message=str(failure)))
    return await store.record_check(id_, DestinationCheck(at=at, is_ok=True))


async def delete_destination(hub: Hub, id_: str) -> None:
    """Delete a target that no export uses. Raises: RequestError (NOT_FOUND, IN_USE with the exports' names)."""

    async def write(session: Session) -> None:
        await guard_dependencies(hub, session)
        users = await export_store.find_exports(export_store.of_destinations([id_]), session)
        if users:
            names = ", ".join(export.name for export in users)
            raise RequestError(RequestCode.IN_USE, f"These exports use the destination: {names}. Delete them first.")
        if not await store.delete_destination(id_, session):
            raise RequestError(RequestCode.NOT_FOUND, "There is no such destination.", field=("id",))

    await in_transaction(hub, write)


async def find_destination(
    id_: str, *, field: tuple[str, ...] = ("input", "id"), session: Session | None = None
) -> Destination:
    """The destination with this id. Raises: RequestError (NOT_FOUND)."""
    for destination in await store.find_destinations([id_], session):
        return destination
    raise RequestError(RequestCode.NOT_FOUND, "There is no such destination.", field=field)


def exporter_called(exporters: Exporters, name: str) -> AnyExporter:
    """The installed exporter. Raises: RequestError (INVALID) that lists those there are."""
    if name in exporters:
        return exporters[name]
    known = ", ".join(sorted(exporters))
    message = f"There is no exporter called {name!r}; installed are: {known}."
    raise RequestError(RequestCode.INVALID, message, field=("input", "exporter"))


def validated_options(exporter: AnyExporter, options: Mapping[str, Any]) -> BaseModel:
    """`options` as the exporter's model. Raises: RequestError (INVALID) naming the wrong option, not its value."""
    try:
        return exporter.options_model.model_validate(options)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'options'}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise RequestError(RequestCode.INVALID, f"Wrong options: {problems}.", field=("input", "options")) from None


def stored_options(options: BaseModel) -> dict[str, Any]:
    """`options` for storing, secrets in plain text."""
    plain = options.model_dump(mode="json")
    secrets = ((name, getattr(options, name)) for name in type(options).model_fields)
    return plain | {name: value.get_secret_value() for name, value in secrets if isinstance(value, SecretStr)}


def shown_options(exporter: AnyExporter | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` for showing: secrets masked; nothing at all where the exporter is no longer installed.

    Where the exporter has changed and no longer takes them: as they are stored, with secrets and unknown ones masked.
    """
    if exporter is None:
        return {}
    try:
        return validated_options(exporter, options).model_dump(mode="json")
    except RequestError:
        fields = exporter.options_model.model_fields
        secret = {name for name, field in fields.items() if _is_secret(field.annotation)}
        return {name: value if name in fields.keys() - secret else MASK for name, value in options.items()}


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def checked_name(name: str) -> str:
    """`name` where it can be one. Raises: RequestError (INVALID)."""
    if not 0 < len(name.strip()) <= 100 or not name.isprintable():
        message = "A name has 1 to 100 printable characters."
        raise RequestError(RequestCode.INVALID, message, field=("input", "name"))
    return name
