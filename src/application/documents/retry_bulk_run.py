"""Begin the next round of a run: rows without a document are checked and rendered again."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.documents.take_in_rows import TakeInRows
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.documents.bulk_run import BulkRun, BulkRunId, Correction, NothingToCorrect
from domain.documents.ports import BulkRows, BulkRuns
from domain.documents.run_options import SheetReading, SheetSource
from domain.identity.access import Actor, Permission
from domain.jobs.ports import JobQueue
from domain.kernel.ports import Clock, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryBulkRun:
    """Rows without a document are tried again, with corrections or a corrected sheet if given.

    A corrected sheet has its rows at the same places as the first one.
    """

    run_id: BulkRunId
    corrections: tuple[Correction, ...] = ()
    sheet_id: ArtifactId | None = None
    reading: SheetReading | None = None


@dataclass(frozen=True, slots=True)
class RetryBulkRunHandler:
    runs: BulkRuns
    rows: BulkRows
    artifacts: Artifacts
    jobs: JobQueue
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: RetryBulkRun) -> BulkRun:
        actor.require(Permission.DOCUMENTS_WRITE)
        run = await self.runs.get(actor.workspace_id, command.run_id, lock=True)
        now = self.clock.now()
        sheet = await self._sheet(actor, run, command)
        await self._require_rows(run, command.corrections)
        run.correct(command.corrections)
        run.retry(now, sheet=sheet)
        root = await self.jobs.enqueue(
            actor, TakeInRows(run_id=run.id, round=run.round), subject=run.id, version=run.round
        )
        run.started(root, now)
        self.audit.append(
            actor,
            "documents.bulk-run-retried",
            object_type="bulk_run",
            object_id=run.id,
            round=run.round,
        )
        await self.uow.commit()
        return run

    async def _require_rows(self, run: BulkRun, corrections: Sequence[Correction]) -> None:
        """Before its first check a run knows no rows, and takes anybody's word for them."""
        if not corrections or not run.rows_total:
            return
        waiting = set(await self.rows.unfinished(run))
        wrong = sorted({each.row_number for each in corrections} - waiting)
        if wrong:
            raise NothingToCorrect(
                f"Row {wrong[0]} is not in the sheet, or has its document already.", rows=wrong
            )

    async def _sheet(self, actor: Actor, run: BulkRun, command: RetryBulkRun) -> SheetSource | None:
        if command.sheet_id is None:
            return None
        sheet = await self.artifacts.get(actor.workspace_id, command.sheet_id)
        return SheetSource(
            artifact_id=sheet.id,
            file_name=sheet.file_name,
            reading=command.reading or run.sheet.reading,
        )
