"""End a round of a run: its report, its ZIP, its status; safe to run twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.documents.archives import Archives
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.keys import artifact_key
from domain.artifacts.media import XLSX
from domain.artifacts.ports import BlobInfo
from domain.audit.ports import AuditLog
from domain.documents.bulk_run import BulkRun, BulkRunId, RunStatus
from domain.documents.ports import BulkEngine, BulkRows, BulkRuns, BulkShards
from domain.documents.shards import ShardObject
from domain.identity.access import Actor, Permission
from domain.jobs.ports import JobRun
from domain.kernel.ports import Clock, UnitOfWork
from domain.kernel.retention import RetentionClass

_PAGE = 5_000  # rows of the report read in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembleRun:
    run_id: BulkRunId
    round: int


@dataclass(frozen=True, slots=True)
class AssembleRunHandler:
    """Idempotent: everything it makes is recorded in its one last transaction."""

    runs: BulkRuns
    rows: BulkRows
    shards: BulkShards
    archives: Archives
    shelf: ArtifactShelf
    engine: BulkEngine
    audit: AuditLog
    job: JobRun
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: AssembleRun) -> None:
        actor.require(Permission.DOCUMENTS_WRITE)
        run = await self.runs.get(actor.workspace_id, command.run_id)
        if run.status is not RunStatus.PROCESSING or run.round != command.round:
            return
        objects = await self.shards.objects(run)
        await self.uow.commit()  # no transaction stays open while files are written
        await self.job.progress(5, {"phase": "assembly"})
        archiving = asyncio.create_task(self._archive(run, objects))  # moves bytes, meanwhile
        try:
            csv, xlsx = await self._report(run)
            archive = await archiving
        finally:
            archiving.cancel()
            await asyncio.wait({archiving})
        await self._finish(actor, run, csv, xlsx, archive)

    async def _report(self, run: BulkRun) -> tuple[BlobInfo, BlobInfo]:
        made = await self.engine.report(
            self._lines(run),
            self._key(run, "report.csv"),
            self._key(run, "report.xlsx"),
            run.options.output,
        )
        await self.job.progress(40, {"phase": "assembly"})
        return made

    async def _archive(self, run: BulkRun, objects: Sequence[ShardObject]) -> BlobInfo | None:
        if not objects:
            return None
        return await self.archives.build(objects, self._key(run, "documents.zip"))

    async def _finish(
        self, actor: Actor, run: BulkRun, csv: BlobInfo, xlsx: BlobInfo, archive: BlobInfo | None
    ) -> None:
        run = await self.runs.get(run.workspace_id, run.id, lock=True)
        run.report_csv_id = await self._record(actor, run, csv, "report.csv", "text/csv")
        run.report_xlsx_id = await self._record(actor, run, xlsx, "report.xlsx", XLSX)
        if archive is not None:
            run.archive_id = await self._record(actor, run, archive, "zip", "application/zip")
        run.finish(self.clock.now())
        self.audit.append(
            actor,
            "documents.bulk-run-finished",
            object_type="bulk_run",
            object_id=run.id,
            status=run.status.value,
            ok=run.rows_ok,
            failed=run.rows_failed + run.rows_invalid,
        )
        await self.uow.commit()

    async def _record(
        self, actor: Actor, run: BulkRun, blob: BlobInfo, ending: str, media_type: str
    ) -> ArtifactId:
        retention = RetentionClass.BULK_ZIP if ending == "zip" else RetentionClass.ARTIFACT
        stem = run.name.rsplit(".", 1)[0]
        artifact = await self.shelf.record(
            actor,
            NewArtifact(
                kind=f"documents.{ending}".replace("report.", "report-"),
                blob=blob,
                file_name=f"{stem}.{ending}",
                media_type=media_type,
                retention=retention,
                job_id=self.job.id,
            ),
        )
        return artifact.id

    async def _lines(self, run: BulkRun) -> AsyncIterator[bytes]:
        """Page by page, each in a transaction of its own, so that the lease can be renewed."""
        lines, last = await self.rows.report(run, after=0, limit=_PAGE)
        while last:
            await self.uow.commit()
            yield lines
            lines, last = await self.rows.report(run, after=last, limit=_PAGE)
        await self.uow.commit()

    def _key(self, run: BulkRun, name: str) -> str:
        return artifact_key(run.workspace_id, self.job.id, self.job.fence, name)
