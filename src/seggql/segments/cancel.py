"""Canceling a job: it is out of its run's commit from then on."""

from datetime import datetime

from seggql.errors import RequestCode, RequestError
from seggql.store import jobs
from seggql.store.hub import Hub
from seggql.store.job import Job, JobId


async def cancel_job(hub: Hub, job: JobId, at: datetime) -> Job:
    """End a job that has not ended yet; what it would have changed stays as it is.

    Raises: RequestError (NOT_FOUND, NOT_ALLOWED where it has ended).
    """
    if canceled := await jobs.cancel_job(hub, job, at):
        return canceled
    found = (await jobs.find_jobs(hub, [job])).get(job)
    if found is None:
        raise RequestError(RequestCode.NOT_FOUND, f"There is no job with the id {job!r}.", field=("id",))
    message = f"The job has ended already: it is {found.status.value}."
    raise RequestError(RequestCode.NOT_ALLOWED, message, field=("id",))
