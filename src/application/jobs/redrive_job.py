"""Send a failed job back to work, on the record."""

from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobId, JobView
from domain.jobs.ports import Bell, Jobs, RunHints
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveJob:
    job_id: JobId
    reason: str  # 1-500 characters, kept with the job


@dataclass(frozen=True, slots=True)
class RedriveJobHandler:
    """It gets fresh attempts and a fresh deadline; its finished steps stay finished."""

    jobs: Jobs
    bell: Bell
    hints: RunHints
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RedriveJob) -> JobView:
        actor.require(Permission.JOBS_RETRY)
        await self.jobs.redrive(command.job_id, command.reason)
        job = await self.jobs.get(actor.workspace_id, command.job_id)
        self.audit.append(
            actor,
            "jobs.redriven",
            object_type="job",
            object_id=job.id,
            kind=job.kind,
        )

        async def tell() -> None:
            self.hints.touched([job.root_id])
            await self.bell.ring(job.queue, job.id, -job.seq)

        self.uow.after_commit(tell)
        await self.uow.commit()
        return job
