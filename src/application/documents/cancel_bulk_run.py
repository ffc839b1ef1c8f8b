"""Stop a run: what is finished stays, what is not is never made."""

from contextlib import suppress
from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.documents.bulk_run import BulkRun, BulkRunId
from domain.documents.ports import BulkRuns
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobAlreadyFinished
from domain.jobs.ports import Jobs
from domain.kernel.ports import Clock, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBulkRun:
    run_id: BulkRunId


@dataclass(frozen=True, slots=True)
class CancelBulkRunHandler:
    runs: BulkRuns
    jobs: Jobs
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: CancelBulkRun) -> BulkRun:
        actor.require(Permission.DOCUMENTS_WRITE)
        run = await self.runs.get(actor.workspace_id, command.run_id)
        if run.root_job_id is not None:  # job, run, events: the order in which handlers lock them
            await self.jobs.hold(run.root_job_id)
        run = await self.runs.get(actor.workspace_id, command.run_id, lock=True)
        run.cancel(self.clock.now())
        if run.root_job_id is not None:
            with suppress(JobAlreadyFinished):
                await self.jobs.cancel(run.root_job_id)
        self.audit.append(
            actor, "documents.bulk-run-cancelled", object_type="bulk_run", object_id=run.id
        )
        await self.uow.commit()
        return run
