"""A job in the hands of the worker that claimed it, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.identity.access import Permission, Role, UserId, WorkspaceId
from domain.jobs.job import JobId, JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`fence` tells this claim from any other of the job: who shows an older one is refused."""

    id: JobId
    root_id: JobId
    fence: int
    workspace_id: WorkspaceId | None
    actor_id: UserId | None
    role: Role | None  # the actor's, read now; None: no member any more, or the platform
    permissions: frozenset[Permission]
    kind: str
    queue: str
    subject: UUID
    version: int
    shard: int
    payload: str  # JSON of the command
    attempt: int  # failures so far that counted
    lost: int
    expires_in: float  # seconds until the whole job must have ended
    waited: float  # seconds since it could have started
    cancelled: bool  # somebody no longer wants it, or its run
    request_id: str | None
    traceparent: str | None


class Pulse(StrEnum):
    """What a heartbeat learns."""

    HELD = "held"
    UNWANTED = "unwanted"  # held, and somebody asked for a cancel
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How one claim ends. QUEUED: again after `delay` seconds, if attempts and time are left."""

    job_id: JobId
    fence: int
    status: JobStatus
    error: Mapping[str, Any] | None = None
    charge: bool = False
    delay: float = 0.0
    reason: str  # a word for the metrics: success, cancelled, refused, handed-back, unavailable, …


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A job that should be running and is not: worth another ring."""

    id: JobId
    queue: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that leaves through the outbox, at least once; receivers deduplicate on `id`."""

    row: int
    id: UUID
    workspace_id: WorkspaceId | None
    topic: str
    payload: Mapping[str, Any]
    attempt: int
