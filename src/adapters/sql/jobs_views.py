"""Jobs and their events as members of a workspace see them, through the policies."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    RowMapping,
    Select,
    SmallInteger,
    String,
    Table,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import metadata
from adapters.sql.pages import read_page
from domain.identity.access import WorkspaceId
from domain.jobs.job import (
    JobAlreadyFinished,
    JobEvent,
    JobId,
    JobNotFailed,
    JobNotFound,
    JobStatus,
    JobView,
)
from domain.jobs.ports import Jobs
from domain.kernel.pages import Page, PageRequest

jobs: Final = Table(  # only what watchers see
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("root_id", Uuid, nullable=False),
    Column("workspace_id", Uuid),
    Column("actor_id", Uuid),
    Column("kind", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("note", JSONB),
    Column("seq", Integer, nullable=False),
    Column("error", JSONB),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("started_at", DateTimeUTC(timezone=True)),
    Column("finished_at", DateTimeUTC(timezone=True)),
    Column("cancel_at", DateTimeUTC(timezone=True)),
)
events: Final = Table(
    "job_events",
    metadata,
    Column("root_id", Uuid, primary_key=True),
    Column("run_seq", BigInteger, primary_key=True),
    Column("workspace_id", Uuid),
    Column("job_id", Uuid, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("at", DateTimeUTC(timezone=True), nullable=False),
)
_SHOWN: Final = [column for column in jobs.c if column.name != "cancel_at"]
_JOBS: Final = select(*_SHOWN, jobs.c.cancel_at.label("cancel_requested_at"))
_EVENTS: Final = select(*[column for column in events.c if column.name != "workspace_id"])
_HOLD: Final = text("SELECT app.hold_job(:job)")
_CANCEL: Final = text("SELECT app.cancel_job(:job)")
_REDRIVE: Final = text("SELECT app.redrive_job(:job, :why)")


class SqlJobs(Jobs):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, workspace_id: WorkspaceId, job_id: JobId) -> JobView:
        query = _JOBS.where(jobs.c.workspace_id == workspace_id, jobs.c.id == job_id)
        row = (await self._session.execute(query)).mappings().first()
        if row is None:
            raise _missing(job_id)
        return _view(row)

    async def page(
        self,
        workspace_id: WorkspaceId,
        request: PageRequest,
        *,
        status: JobStatus | None = None,
        kind: str | None = None,
        root_id: JobId | None = None,
        subject: UUID | None = None,
    ) -> Page[JobView]:
        wanted = {"status": status, "kind": kind, "root_id": root_id, "subject": subject}
        query = _JOBS.where(
            jobs.c.workspace_id == workspace_id,
            *(jobs.c[name] == value for name, value in wanted.items() if value is not None),
        )
        return await read_page(self._session, query, [jobs.c.id], request, _view)

    async def events(
        self, workspace_id: WorkspaceId, job_id: JobId, *, after: int, limit: int
    ) -> Sequence[JobEvent]:
        own = _EVENTS.where(events.c.job_id == job_id, events.c.seq > after)
        return await self._read(own.order_by(events.c.seq), workspace_id, limit)

    async def run_events(
        self, workspace_id: WorkspaceId, root_id: JobId, *, after: int, limit: int
    ) -> Sequence[JobEvent]:
        of_run = _EVENTS.where(events.c.root_id == root_id, events.c.run_seq > after)
        return await self._read(of_run.order_by(events.c.run_seq), workspace_id, limit)

    async def hold(self, job_id: JobId) -> None:
        await self._session.execute(_HOLD, {"job": job_id})

    async def cancel(self, job_id: JobId) -> None:
        asked = (await self._session.execute(_CANCEL, {"job": job_id})).scalar_one()
        if asked is None:
            raise _missing(job_id)
        if asked == 0:
            raise JobAlreadyFinished("This has ended already; there is nothing to cancel.")

    async def redrive(self, job_id: JobId, reason: str) -> None:
        values = {"job": job_id, "why": reason}
        status = (await self._session.execute(_REDRIVE, values)).scalar_one()
        if status is None:
            raise _missing(job_id)
        if status != JobStatus.FAILED:
            raise JobNotFailed("Only a failed job can be sent back to work.", status=status)

    async def _read(
        self, query: Select[Any], workspace_id: WorkspaceId, limit: int
    ) -> Sequence[JobEvent]:
        query = query.where(events.c.workspace_id == workspace_id).limit(limit)
        rows = (await self._session.execute(query)).mappings().all()
        return [JobEvent(**row) for row in rows]


def _view(row: RowMapping) -> JobView:
    return JobView(**{**row, "status": JobStatus(row["status"])})


def _missing(job_id: JobId) -> JobNotFound:
    return JobNotFound(f"There is no job {job_id} here.")
