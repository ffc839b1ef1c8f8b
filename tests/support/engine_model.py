"""The job engine in a few lines, without a database: what the real one must agree with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from domain.jobs.claim import Pulse
from domain.jobs.job import JobStatus

MAX_ATTEMPTS, MAX_LOST = 4, 5
Q, P = JobStatus.QUEUED, JobStatus.PROCESSING
ENDS = (JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass
class Job:
    status: JobStatus = Q
    fence: int = 0
    attempt: int = 0
    lost: int = 0
    events: int = 1
    due: bool = True
    unwanted: bool = False
    expired: bool = False

    def becomes(self, status: JobStatus) -> None:
        self.status, self.expired = status, False
        self.events += 1

    @property
    def facts(self) -> tuple[str, int, int, int, int]:
        return self.status.value, self.fence, self.attempt, self.lost, self.events


@dataclass
class Model:
    jobs: dict[UUID, Job] = field(default_factory=dict)

    def ready(self) -> set[UUID]:
        return {job_id for job_id, job in self.jobs.items() if job.status is Q and job.due}

    def claimed(self, job_id: UUID) -> int:
        job = self.jobs[job_id]
        job.becomes(P)
        job.fence += 1
        return job.fence

    def beat(self, held: Mapping[UUID, int]) -> dict[UUID, Pulse]:
        heard = {}
        for job_id, fence in held.items():
            job = self.jobs[job_id]
            if job.status is P and job.fence == fence:
                job.expired = False
                heard[job_id] = Pulse.UNWANTED if job.unwanted else Pulse.HELD
        return heard

    def settle(
        self, job_id: UUID, fence: int, wish: JobStatus, *, charge: bool
    ) -> dict[UUID, JobStatus]:
        job = self.jobs[job_id]
        if job.status is not P or job.fence != fence:
            return {}
        job.attempt += charge
        status = wish
        if wish is Q:
            if job.unwanted:
                status = JobStatus.CANCELLED
            elif charge and job.attempt >= MAX_ATTEMPTS:
                status = JobStatus.FAILED
        job.becomes(status)
        return {job_id: status}

    def expire(self, job_id: UUID) -> None:
        job = self.jobs[job_id]
        job.expired = job.status is P

    def reap(self) -> None:
        for job in self.jobs.values():
            if job.expired:
                job.lost += 1
                job.due = False
                status = JobStatus.FAILED if job.lost >= MAX_LOST else Q
                job.becomes(JobStatus.CANCELLED if job.unwanted else status)

    def hasten(self) -> None:
        for job in self.jobs.values():
            job.due = True

    def cancel(self, job_id: UUID) -> bool:
        """False: it has ended."""
        job = self.jobs[job_id]
        if job.status in ENDS:
            return False
        if not job.unwanted:
            job.unwanted = True
            job.becomes(JobStatus.CANCELLED) if job.status is Q else self._note(job)
        return True

    def redrive(self, job_id: UUID) -> bool:
        """False: it has not failed."""
        job = self.jobs[job_id]
        if job.status is not JobStatus.FAILED:
            return False
        job.attempt = job.lost = 0
        job.due, job.unwanted = True, False
        job.becomes(Q)
        return True

    @staticmethod
    def _note(job: Job) -> None:
        job.events += 1
