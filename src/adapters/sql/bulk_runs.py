"""Bulk runs and their shards, in SQL."""

import dataclasses
from datetime import timedelta
from typing import Final

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    Column,
    Integer,
    String,
    Table,
    Uuid,
    func,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, Value, mapper_registry, metadata
from adapters.sql.pages import read_page
from domain.documents.bulk_run import (
    BulkRun,
    BulkRunId,
    BulkRunNotFound,
    Correction,
    RowCounts,
    RunError,
    RunLine,
    RunPhase,
    RunStatus,
)
from domain.documents.ports import BulkRuns
from domain.documents.run_options import RunOptions, SheetSource
from domain.documents.shards import (
    RunProgress,
)
from domain.documents.template_version import TemplateId
from domain.identity.access import WorkspaceId
from domain.kernel.pages import Page, PageRequest

runs: Final = Table(
    "bulk_runs",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("template_id", Uuid, nullable=False),
    Column("template_number", Integer, nullable=False),
    Column("fields_revision", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("sheet", Value(SheetSource), nullable=False),
    Column("options", Value(RunOptions), nullable=False),
    Column("corrections", Value(tuple[Correction, ...]), nullable=False),
    Column("status", TextEnum(RunStatus), nullable=False),
    Column("phase", TextEnum(RunPhase), nullable=False),
    Column("round", Integer, nullable=False),
    Column("root_job_id", Uuid),
    Column("shards", Integer, nullable=False),
    Column("shards_done", Integer, nullable=False),
    Column("rows_total", Integer, nullable=False),
    Column("rows_ok", Integer, nullable=False),
    Column("rows_invalid", Integer, nullable=False),
    Column("rows_failed", Integer, nullable=False),
    Column("rendering_since", DateTimeUTC(timezone=True)),
    Column("error", Value(RunError)),
    Column("archive_id", Uuid),
    Column("report_csv_id", Uuid),
    Column("report_xlsx_id", Uuid),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
    Column("finished_at", DateTimeUTC(timezone=True)),
    Column("version", Integer, nullable=False),
)
mapper_registry.map_imperatively(BulkRun, runs, version_id_col=runs.c.version)

_END_STALLED: Final = text("SELECT app.end_stalled_runs(:patience)")


class SqlBulkRuns(BulkRuns):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, run: BulkRun) -> None:
        self._session.add(run)

    async def get(
        self, workspace_id: WorkspaceId, run_id: BulkRunId, *, lock: bool = False
    ) -> BulkRun:
        query = select(BulkRun).where(runs.c.workspace_id == workspace_id, runs.c.id == run_id)
        if lock:  # `session.get` with a lock refuses a row that changed since it was read before
            query = query.with_for_update(key_share=True)
        query = query.execution_options(populate_existing=True)
        run = (await self._session.execute(query)).scalar_one_or_none()
        if run is None:
            raise _missing()
        return run

    async def page(
        self,
        workspace_id: WorkspaceId,
        *,
        template_id: TemplateId | None,
        status: RunStatus | None,
        request: PageRequest,
    ) -> Page[RunLine]:
        c = runs.c
        columns = (c[each.name] for each in dataclasses.fields(RunLine))
        query = select(*columns).where(c.workspace_id == workspace_id)
        if template_id is not None:
            query = query.where(c.template_id == template_id)
        if status is not None:
            query = query.where(c.status == status)
        return await read_page(
            self._session,
            query,
            (c.created_at, c.id),
            request,
            lambda row: RunLine(**row),
        )

    async def end_stalled(self, patience: timedelta) -> int:
        ended = await self._session.execute(_END_STALLED, {"patience": patience})
        return int(ended.scalar_one())

    async def progress(self, workspace_id: WorkspaceId, run_id: BulkRunId) -> RunProgress:
        c = runs.c
        since = func.coalesce(c.finished_at, func.clock_timestamp()) - c.rendering_since
        query = select(
            c.rows_total,
            c.rows_ok,
            c.rows_invalid,
            c.rows_failed,
            c.shards,
            c.shards_done,
            func.coalesce(func.extract("epoch", since), 0).label("seconds"),
        ).where(c.workspace_id == workspace_id, c.id == run_id)
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise _missing()
        return RunProgress(
            counts=RowCounts(
                total=row.rows_total,
                ok=row.rows_ok,
                invalid=row.rows_invalid,
                failed=row.rows_failed,
            ),
            shards=row.shards,
            shards_done=row.shards_done,
            seconds=float(row.seconds),
        )


def _missing() -> BulkRunNotFound:
    return BulkRunNotFound("There is no such bulk run.")
