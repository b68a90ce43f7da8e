"""How many dynamic segments may be active: each costs a refresh, static ones cost none and do not count."""

from seggql.errors import RequestCode, RequestError
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.segments import count_active
from seggql.store.transaction import Session


async def hold_to_limit(hub: Hub, settings: Settings, session: Session) -> None:
    """Call it in the transaction that activates one more; no two such transactions pass at the same time.

    Raises: RequestError (LIMIT_REACHED) with the numbers.
    """
    active = await count_active(hub, session)
    if active >= settings.max_active_segments:
        message = (
            f"{active:,} dynamic segments are active, and {settings.max_active_segments:,} may be "
            "(SEGGQL_MAX_ACTIVE_SEGMENTS): deactivate one first, or raise the limit."
        )
        raise RequestError(RequestCode.LIMIT_REACHED, message, field=("activate",))
