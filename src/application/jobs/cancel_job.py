"""Ask a job, and with a root its whole run, to stop."""

from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobId, JobView
from domain.jobs.ports import Jobs, RunHints
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJob:
    job_id: JobId


@dataclass(frozen=True, slots=True)
class CancelJobHandler:
    """Queued jobs end at once; those at work hear of it within moments, at most ten seconds."""

    jobs: Jobs
    hints: RunHints
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: CancelJob) -> JobView:
        actor.require(Permission.JOBS_CANCEL)
        await self.jobs.cancel(command.job_id)
        job = await self.jobs.get(actor.workspace_id, command.job_id)
        self.audit.append(
            actor, "jobs.cancel-asked", object_type="job", object_id=job.id, kind=job.kind
        )

        async def tell() -> None:
            self.hints.unwanted(job.root_id)
            self.hints.touched([job.root_id])

        self.uow.after_commit(tell)
        await self.uow.commit()
        return job
