"""/v1/jobs: what runs in the background, how far it is, and stopping or repeating it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from application.jobs.cancel_job import CancelJob, CancelJobHandler
from application.jobs.feed import RunFeed
from application.jobs.redrive_job import RedriveJob, RedriveJobHandler
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobEvent, JobId, JobStatus, JobView, Queue
from domain.jobs.ports import Jobs
from domain.kernel.pages import DEFAULT_LIMIT
from domain.kernel.ports import UnitOfWork
from entrypoints.http.idempotency import IDEMPOTENT
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging

LONGEST_WAIT: Final = 25.0  # seconds; proxies give up after thirty

Text = Annotated[str | None, QueryParameter(max_length=100)]
Id = Annotated[UUID | None, QueryParameter()]


class JobErrorResponse(msgspec.Struct):
    code: str
    message: str
    facts: dict[str, Any]


class JobResponse(msgspec.Struct):
    """`root_id` is the first job of the run this one belongs to; `progress` goes from 0 to 100."""

    id: UUID
    root_id: UUID
    actor_id: UUID | None
    kind: str
    queue: Queue
    subject: UUID
    version: int
    shard: int
    status: JobStatus
    attempt: int
    progress: int
    note: dict[str, Any] | None
    seq: int
    error: JobErrorResponse | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None

    @classmethod
    def of(cls, view: JobView) -> Self:
        return msgspec.convert(view, cls, from_attributes=True, strict=False)


class JobEventResponse(msgspec.Struct):
    """Both numbers start at 1 and have no gaps: `seq` within the job, `run_seq` within its run."""

    root_id: UUID
    run_seq: int
    job_id: UUID
    seq: int
    kind: str
    shard: int
    type: str
    data: dict[str, Any]
    at: datetime

    @classmethod
    def of(cls, event: JobEvent) -> Self:
        return msgspec.convert(event, cls, from_attributes=True)


class JobEventsResponse(msgspec.Struct):
    """Ask again with `after` = `last`."""

    items: list[JobEventResponse]
    last: int


class RetryRequest(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class JobController(Controller):
    path = "/jobs"
    tags = ("Jobs",)

    @get(operation_id="listJobs")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        jobs: FromDishka[Jobs],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        status: Annotated[JobStatus | None, QueryParameter()] = None,
        kind: Text = None,
        root_id: Id = None,
        subject: Id = None,
    ) -> PageResponse[JobResponse]:
        """Jobs of the workspace, newest first."""
        actor.require(Permission.JOBS_READ)
        page = await jobs.page(
            actor.workspace_id,
            paging.asked(cursor, limit),
            status=status,
            kind=kind,
            root_id=None if root_id is None else JobId(root_id),
            subject=subject,
        )
        return paging.answer(page, JobResponse.of)

    @get("/{job_id:uuid}", operation_id="getJob")
    @inject
    async def show(
        self, job_id: FromPath[UUID], actor: FromDishka[Actor], jobs: FromDishka[Jobs]
    ) -> JobResponse:
        """One job as it stands."""
        actor.require(Permission.JOBS_READ)
        return JobResponse.of(await jobs.get(actor.workspace_id, JobId(job_id)))

    @get("/{job_id:uuid}/events", operation_id="listJobEvents")
    @inject
    async def events(
        self,
        job_id: FromPath[UUID],
        actor: FromDishka[Actor],
        jobs: FromDishka[Jobs],
        feed: FromDishka[RunFeed],
        uow: FromDishka[UnitOfWork],
        after: Annotated[int, QueryParameter(ge=0, le=2**53)] = 0,
        limit: Limit = DEFAULT_LIMIT,
        run: Annotated[  # noqa: FBT002 - a query parameter
            bool, QueryParameter(description="Of all jobs of the run.")
        ] = False,
        wait: Annotated[
            float, QueryParameter(ge=0, le=LONGEST_WAIT, description="Seconds to wait for news.")
        ] = 0,
    ) -> JobEventsResponse:
        """What happened to a job, or to its whole run, after a number."""
        actor.require(Permission.JOBS_READ)
        asked = _Asked(await jobs.get(actor.workspace_id, JobId(job_id)), after, limit, run)
        events = await asked.read(jobs)
        if not events and wait > 0:
            await uow.commit()  # nothing is held while we wait
            events = await _news(asked, actor, jobs, feed, wait)
        return asked.answer(events)

    @post(
        "/{job_id:uuid}/cancel",
        status_code=202,
        operation_id="cancelJob",
        middleware=[IDEMPOTENT],
    )
    @inject
    async def cancel(
        self,
        job_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[CancelJobHandler],
    ) -> JobResponse:
        """Ask a job to stop; the first job of a run stops all of it. Done work is kept."""
        return JobResponse.of(await handle(actor, CancelJob(job_id=JobId(job_id))))

    @post(
        "/{job_id:uuid}/retry",
        status_code=202,
        operation_id="retryJob",
        middleware=[IDEMPOTENT],
    )
    @inject
    async def retry(
        self,
        job_id: FromPath[UUID],
        data: JSONBody[RetryRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[RedriveJobHandler],
    ) -> JobResponse:
        """Send a failed job back to work; who and why stay with it.

        Jobs of a bulk run are parts of it: retry the run.
        """
        command = RedriveJob(job_id=JobId(job_id), reason=data.reason)
        return JobResponse.of(await handle(actor, command))


class _Asked(msgspec.Struct):
    job: JobView
    after: int
    limit: int
    run: bool

    async def read(self, jobs: Jobs) -> Sequence[JobEvent]:
        here, after, limit = self.job.workspace_id, self.after, self.limit
        if self.run:
            return await jobs.run_events(here, self.job.root_id, after=after, limit=limit)
        return await jobs.events(here, self.job.id, after=after, limit=limit)

    def answer(self, events: Sequence[JobEvent]) -> JobEventsResponse:
        last = events[-1] if events else None
        number = self.after if last is None else last.run_seq if self.run else last.seq
        return JobEventsResponse(items=list(map(JobEventResponse.of, events)), last=number)


async def _news(
    asked: _Asked, actor: Actor, jobs: Jobs, feed: RunFeed, wait: float
) -> Sequence[JobEvent]:
    """The first new events within `wait` seconds; none when nothing happens."""
    job = asked.job
    with feed.following(actor.user_id, actor.workspace_id) as follower:
        follower.follow(job.root_id, asked.after if asked.run else 0)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while event := await follower.next():
                    if asked.run or (event.job_id == job.id and event.seq > asked.after):
                        break
    return await asked.read(jobs)
