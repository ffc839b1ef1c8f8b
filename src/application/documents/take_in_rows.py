"""Check every row of a run's sheet before any document is made; safe to run twice.

Chunks of rows are stored as they come, each in a short transaction; a second attempt stores the
same rows again, in place. Only the last transaction lets the shards into the queue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.documents.assemble_run import AssembleRun
from application.documents.render_shard import RenderShard
from application.documents.web_access import WebAccess
from domain.artifacts.keys import artifact_key
from domain.artifacts.ports import Artifacts, BlobInfo
from domain.documents.bulk_run import (
    BulkRun,
    BulkRunId,
    RunError,
    RunRefused,
    RunStatus,
    UnknownColumn,
)
from domain.documents.ports import (
    BulkEngine,
    BulkRows,
    BulkRuns,
    BulkShards,
    Templates,
    TemplateVersions,
)
from domain.documents.rendering import IntakeChunk, IntakeOrder, IntakeResult
from domain.identity.access import Actor, Permission
from domain.jobs.ports import JobQueue, JobRun
from domain.kernel.errors import ChangedMeanwhile, DomainError, Unavailable
from domain.kernel.ports import Clock, UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.usage.ports import Quotas
from domain.usage.quota import ROWS_A_DAY

MAX_ROWS = 1_000_000
TRANSIENT = (Unavailable, ChangedMeanwhile)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeInRows:
    run_id: BulkRunId
    round: int


@dataclass(frozen=True, slots=True)
class TakeInRowsHandler:
    """Idempotent: until its last transaction it only repeats itself, afterwards it does nothing."""

    runs: BulkRuns
    rows: BulkRows
    shards: BulkShards
    templates: Templates
    versions: TemplateVersions
    artifacts: Artifacts
    shelf: ArtifactShelf
    quotas: Quotas
    web: WebAccess
    engine: BulkEngine
    jobs: JobQueue
    job: JobRun
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: TakeInRows) -> None:
        actor.require(Permission.DOCUMENTS_WRITE)
        run = await self.runs.get(actor.workspace_id, command.run_id)
        if run.status is not RunStatus.QUEUED or run.round != command.round:
            return
        try:
            await self._take_in(actor, run)
        except TRANSIENT:
            raise
        except DomainError as error:  # the sheet is at fault: the run says so, and so does the job
            await self.uow.rollback()
            await self._refuse(actor, command, error)
            raise RunRefused(str(error), refused_by=error.code) from error

    async def _take_in(self, actor: Actor, run: BulkRun) -> None:
        order = await self._order(actor, run)
        await self.uow.commit()  # no transaction stays open while the sheet is read

        async def store(chunk: IntakeChunk) -> None:
            if not run.options.dry_run:
                await self.shards.plan(run, chunk.shards)
            await self.rows.take_in(run, chunk.rows_json)
            await self.uow.commit()
            await self.job.progress(0, {"phase": "intake", "rows_checked": chunk.rows})

        result = await self.engine.take_in(order, store)
        await self._hand_over(actor, run, result)

    async def _order(self, actor: Actor, run: BulkRun) -> IntakeOrder:
        sheet = await self.artifacts.get(run.workspace_id, run.sheet.artifact_id)
        template = await self.templates.get(run.workspace_id, run.template_id)
        fields = await self.versions.fields(
            run.workspace_id,
            run.template_id,
            run.template_number,
            revision=run.fields_revision,
        )
        again = run.round > 1 and run.rows_total > 0
        return IntakeOrder(
            sheet_key=sheet.key,
            sheet_name=sheet.file_name,
            reading=run.sheet.reading,
            fields=fields.fields,
            options=run.options,
            template_name=template.name,
            corrections={each.row_number: each.values for each in run.corrections},
            round=run.round,
            only=await self.rows.unfinished(run) if again else None,
            taken=await self.rows.names_taken(run) if again else (),
            input_key=artifact_key(run.workspace_id, self.job.id, self.job.fence, "rows.bin"),
            max_rows=MAX_ROWS,
            urls=await self.web.allowed(run.workspace_id),
        )

    async def _hand_over(self, actor: Actor, run: BulkRun, result: IntakeResult) -> None:
        """The one transaction after which documents are made."""
        now = self.clock.now()
        run = await self.runs.get(run.workspace_id, run.id, lock=True)
        shards = 0 if run.options.dry_run else result.shards
        run.took_in(await self.rows.counts(run), shards=shards, now=now)
        if result.input is not None:
            await self._keep_input(actor, run, result.input)
        if shards:
            await self.quotas.reserve(actor, ROWS_A_DAY, result.valid, subject=run.id)
            await self.quotas.settle(actor, ROWS_A_DAY, subject=run.id, actual=result.valid)
            await self.jobs.enqueue_shards(
                actor,
                {
                    number: RenderShard(run_id=run.id, round=run.round, shard=number)
                    for number in range(shards)
                },
                subject=run.id,
                version=run.round,
                root_id=self.job.root_id,
            )
        else:
            await self.jobs.enqueue(
                actor,
                AssembleRun(run_id=run.id, round=run.round),
                subject=run.id,
                version=run.round,
                root_id=self.job.root_id,
            )
        await self.uow.commit()

    async def _keep_input(self, actor: Actor, run: BulkRun, blob: BlobInfo) -> None:
        await self.shelf.record(
            actor,
            NewArtifact(
                kind="documents.rows",
                blob=blob,
                file_name=f"{run.name}.rows",
                media_type="application/octet-stream",
                retention=RetentionClass.RAW_INPUT,
                job_id=self.job.id,
            ),
        )

    async def _refuse(self, actor: Actor, command: TakeInRows, error: DomainError) -> None:
        now: datetime = self.clock.now()
        run = await self.runs.get(actor.workspace_id, command.run_id, lock=True)
        if run.status is RunStatus.QUEUED and run.round == command.round:
            if isinstance(error, UnknownColumn):
                run.keep_corrections_of(_texts(error.facts.get("columns")))
            run.fail(RunError(code=error.code, message=str(error)), now)
            await self.uow.commit()


def _texts(fact: object) -> Sequence[str]:
    """What came back from a child, as far as it is what we expect."""
    return [str(each) for each in fact] if isinstance(fact, list | tuple) else []
