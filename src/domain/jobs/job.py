"""A command that runs later. The stored row is the truth; a queue message only says "look"."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Conflict, NotFound

JobId = NewType("JobId", UUID)


class JobNotFound(NotFound):
    code = "jobs.job-not-found"


class JobAlreadyFinished(Conflict):
    """There is nothing left to cancel."""

    code = "jobs.already-finished"


class JobNotFailed(Conflict):
    """Only a failed job, of a run nobody cancelled, can go back to work; facts: `status`."""

    code = "jobs.not-failed"


class Queue(StrEnum):
    """What a job mostly waits for; workers subscribe to queues, so each can be scaled alone."""

    CPU = "cpu"
    IO = "io"
    MEDIA = "media"
    PUBLISH = "publish"


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
    attempt: int  # failures so far that counted
    progress: int
    note: dict[str, object] | None
    seq: int
    error: dict[str, object] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """One thing that happened to a job; both numbers start at 1 and have no gaps.

    `type` is the new status, or `progress`, `cancelling`, `redriven`. `data` repeats status,
    progress, note, attempt and error as they were then.
    """

    root_id: JobId
    run_seq: int
    job_id: JobId
    seq: int
    kind: str
    shard: int
    type: str
    data: Mapping[str, Any]
    at: datetime
