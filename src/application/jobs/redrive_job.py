"""Send a failed job back to work, on the record."""

from dataclasses import dataclass

from application.jobs.kinds import JobKinds
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobId, JobView
from domain.jobs.ports import Bell, Jobs, RunHints
from domain.kernel.errors import Conflict
from domain.kernel.ports import UnitOfWork


class PartOfAWhole(Conflict):
    """Alone it would find nothing to do; facts: `part_of`, what to retry instead."""

    code = "jobs.part-of-a-whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveJob:
    job_id: JobId
    reason: str  # 1-500 characters, kept with the job


@dataclass(frozen=True, slots=True)
class RedriveJobHandler:
    """It gets fresh attempts and a fresh deadline; its finished steps stay finished.

    Parts of a whole are not sent back alone. Raises PartOfAWhole.
    """

    jobs: Jobs
    kinds: JobKinds
    bell: Bell
    hints: RunHints
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RedriveJob) -> JobView:
        actor.require(Permission.JOBS_RETRY)
        await self._require_whole(actor, command.job_id)
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

    async def _require_whole(self, actor: Actor, job_id: JobId) -> None:
        job = await self.jobs.get(actor.workspace_id, job_id)
        whole = self.kinds.part_of(job.kind)
        if whole:
            raise PartOfAWhole(
                f"This job is a part of a {whole}; retry the {whole}.", part_of=whole
            )
