"""Remove objects that nothing knows of, a day after they were written; idempotent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from application.retention.artifact_expiry import ArtifactExpiry
from domain.artifacts.keys import workspace_prefix
from domain.artifacts.ports import BlobStore
from domain.audit.ports import AuditLog, Platform
from domain.identity.access import Permission, WorkspaceId
from domain.jobs.ports import JobQueue
from domain.jobs.system import SystemActor
from domain.kernel.ports import Clock, UnitOfWork
from domain.retention.policy import BATCH
from domain.retention.ports import ArtifactRemovals, RetentionSchedule

GRACE: Final = timedelta(hours=24)  # by then the row of a written object is there, or never comes
_TICK: Final = 60  # seconds; two ticks in one minute are the same sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOrphans:
    """Forget unfinished writes, and look into every workspace's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOrphansOfWorkspace:
    """Remove the orphans of the job's workspace."""


@dataclass(frozen=True, slots=True)
class SweepOrphansHandler:
    schedule: RetentionSchedule
    store: BlobStore
    jobs: JobQueue
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: SystemActor, command: SweepOrphans) -> None:
        actor.require(Permission.RETENTION_ADMIN)
        now = self.clock.now()
        await self.store.sweep_unfinished(now - GRACE)
        for workspace_id in await self.schedule.all():
            await self.jobs.enqueue(
                SystemActor(workspace_id=workspace_id),
                SweepOrphansOfWorkspace(),
                subject=workspace_id,
                version=int(now.timestamp()) // _TICK,
            )
        await self.uow.commit()


@dataclass(frozen=True, slots=True)
class SweepOrphansOfWorkspaceHandler:
    store: BlobStore
    removals: ArtifactRemovals
    artifacts: ArtifactExpiry
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: SystemActor, command: SweepOrphansOfWorkspace) -> None:
        actor.require(Permission.RETENTION_ADMIN)
        if actor.workspace_id is None:
            raise ValueError("a sweep works in one workspace")
        workspace_id, now = actor.workspace_id, self.clock.now()
        found, keys = 0, []
        async for key in self.store.list(workspace_prefix(workspace_id), older_than=now - GRACE):
            keys.append(key)
            if len(keys) == BATCH:
                found += await self._adopt(workspace_id, keys, now)
                keys = []
        found += await self._adopt(workspace_id, keys, now)
        await self.artifacts.finish(workspace_id)
        if found:
            self.audit.append(
                Platform(workspace_id),
                "retention.orphans-removed",
                object_type="workspace",
                object_id=workspace_id,
                count=found,
            )
        await self.uow.commit()

    async def _adopt(self, workspace_id: WorkspaceId, keys: list[str], now: datetime) -> int:
        """A row for what has none, condemned from the start: whoever writes it anew is told."""
        orphans = await self.removals.adopt_orphans(workspace_id, keys, now) if keys else ()
        await self.uow.commit()
        return len(orphans)
