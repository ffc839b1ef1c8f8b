"""A command that runs later. The stored row is the truth; a queue message only says "look"."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import NotFound

JobId = NewType("JobId", UUID)


class JobNotFound(NotFound):
    code = "jobs.job-not-found"


class JobStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self not in {JobStatus.QUEUED, JobStatus.PROCESSING}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as its watchers see it. `seq` is the number of its newest event; progress is 0-100."""

    id: JobId
    root_id: JobId
    workspace_id: WorkspaceId
    actor_id: UserId | None
    kind: str
    queue: str
    subject: UUID
    version: int
    shard: int
    status: JobStatus
    attempt: int
    progress: int
    note: dict[str, object] | None
    seq: int
    error: dict[str, object] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
