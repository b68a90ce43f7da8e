"""When segments are refreshed, activated and deactivated by themselves: of one segment, and of all."""

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import strawberry

from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.noun import Noun
from seggql.graphql.pages import First, page_size
from seggql.graphql.segments.inputs import given, raw_id
from seggql.graphql.segments.mutations import SegmentPayload, payload_of, refusal_of
from seggql.segments.change import UNSET
from seggql.segments.schedule import ScheduleChanges, schedule_segment
from seggql.segments.system_schedule import next_runs, set_system_schedule
from seggql.store import schedules as store


class LeftOut(str):
    """The default of a text that cannot be told from the same text given by hand, unless by what it is made of."""

    __slots__ = ()


@strawberry.input(
    description="When a segment is refreshed, activated and deactivated by itself: what is left out stays as it is, "
    "null clears. An interval and a cron expression exclude each other: setting one clears the other."
)
class ScheduleSegmentInput:
    """What scheduleSegment takes."""

    id: strawberry.ID = strawberry.field(description="The segment's id; a static one has no schedule.")
    interval_minutes: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Refresh it every so many minutes from now on, and from its activation; changes of the clocks do "
        "not matter.",
    )
    cron: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Refresh it when this says: minute, hour, day of the month, month, day of the week, as in "
        "`30 6 * * 1-5`. `L` is the last day of a month, `LW` its last weekday, `15W` the weekday nearest the 15th, "
        "`5L` the last Friday, `1#2` the second Monday. Where both days are given, either is enough. A time that a "
        "change of the clocks leaves out is due at the next that exists, one that occurs twice at the first; with `*` "
        "as the hour it is due in every hour that there is.",
    )
    time_zone: str | None = strawberry.field(
        default=LeftOut("UTC"),
        description="The zone that `cron` is read in, as Europe/Berlin. Left out, it stays as it is, UTC at first.",
    )
    activate_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="Activate it then, once, which queues a refresh. If no scheduler runs then, as soon as one does.",
    )
    deactivate_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="Deactivate it then, once; an inactive segment only after `activateAt`.",
    )


@strawberry.type(description="When every dynamic segment is refreshed together; inactive ones are skipped.")
class SystemSchedule:
    """The GraphQL form of `store.schedules.SystemSchedule`."""

    stored: strawberry.Private[store.SystemSchedule]
    is_enabled: bool = strawberry.field(description="Whether it is in force; it is off until somebody sets it.")
    days: list[int] = strawberry.field(description="Days of the week, 1 is Monday and 7 is Sunday.")
    times: list[str] = strawberry.field(description="Local times of these days, as 06:30.")
    time_zone: str = strawberry.field(description="The zone of these times.")

    @strawberry.field(
        description="The next instants at which it is due, whether it is enabled or not. A time that a change of the "
        "clocks leaves out is due at the next that exists, one that occurs twice at the first."
    )
    def next_runs(self, first: First = 5) -> list[datetime]:
        return list(islice(next_runs(self.stored, datetime.now(UTC)), page_size(first)))


@strawberry.input(description="When every dynamic segment is to be refreshed together.")
class SystemScheduleInput:
    """What setSystemSchedule takes."""

    is_enabled: bool = strawberry.field(description="Whether it is in force.")
    days: list[int] | None = strawberry.field(
        default=None, description="Days of the week, 1 is Monday and 7 is Sunday; every day if null or left out."
    )
    times: list[str] = strawberry.field(description="From 1 to 4 local times, as 06:30; none will do where it is off.")
    time_zone: str = strawberry.field(description="The zone of these times, as Europe/Berlin.")


@strawberry.type(description="The system schedule as it is now, or why it was refused.")
class SystemSchedulePayload:
    """What setSystemSchedule answers."""

    system_schedule: SystemSchedule | None = strawberry.field(description="The schedule; null where it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type
class ScheduleQuery:
    """The schedule of all."""

    @strawberry.field(description="When every dynamic segment is refreshed together.")
    async def system_schedule(self, info: Info) -> SystemSchedule:
        return _node(await store.find_system_schedule(info.context.hub))


@strawberry.type
class ScheduleMutation:
    """Schedules are set."""

    @strawberry.mutation(description="Say when a segment is refreshed, activated and deactivated by itself.")
    async def schedule_segment(
        self, info: Info, input: Annotated[ScheduleSegmentInput, strawberry.argument(description="When.")]
    ) -> SegmentPayload:
        changes = ScheduleChanges(
            interval_minutes=given(input.interval_minutes),
            cron=given(input.cron),
            time_zone=UNSET if isinstance(input.time_zone, LeftOut) else input.time_zone,
            activate_at=given(input.activate_at),
            deactivate_at=given(input.deactivate_at),
        )
        try:
            return payload_of(await schedule_segment(info.context.hub, raw_id(input.id), changes))
        except REFUSALS as error:
            return refusal_of(error)

    @strawberry.mutation(description="Say when every dynamic segment is refreshed together.")
    async def set_system_schedule(
        self, info: Info, input: Annotated[SystemScheduleInput, strawberry.argument(description="When.")]
    ) -> SystemSchedulePayload:
        try:
            stored = await set_system_schedule(
                info.context.hub,
                is_enabled=input.is_enabled,
                days=input.days,
                times=input.times,
                time_zone=input.time_zone,
            )
        except REFUSALS as error:
            return SystemSchedulePayload(system_schedule=None, errors=user_errors(error))
        return SystemSchedulePayload(system_schedule=_node(stored), errors=[])


def _node(stored: store.SystemSchedule) -> SystemSchedule:
    return SystemSchedule(
        stored=stored,
        is_enabled=stored.is_enabled,
        days=list(stored.days),
        times=list(stored.times),
        time_zone=stored.time_zone,
    )


NOUN = Noun(query=ScheduleQuery, mutation=ScheduleMutation)
