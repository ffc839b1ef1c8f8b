"""Remove what is over: a tick finds the workspaces, a job in each does it; both idempotent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from application.retention.artifact_expiry import ArtifactExpiry
from application.retention.upload_expiry import UploadExpiry
from domain.audit.ports import AuditLog, Platform
from domain.identity.access import Permission, WorkspaceId
from domain.jobs.ports import JobQueue
from domain.jobs.system import SystemActor
from domain.kernel.ports import Clock, UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.retention.policy import BATCH, STANDARD
from domain.retention.ports import Expirable, Expirables, PlatformTrail, Policies, RetentionSchedule
from domain.usage.ports import Quotas

_TICK: Final = 60  # seconds; two ticks in one minute are the same sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRetention:
    """Look everywhere for what is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepWorkspace:
    """Remove what is over in the workspace of the job."""


@dataclass(frozen=True, slots=True)
class SweepRetentionHandler:
    schedule: RetentionSchedule
    trail: PlatformTrail
    jobs: JobQueue
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: SystemActor, command: SweepRetention) -> None:
        actor.require(Permission.RETENTION_ADMIN)
        now = self.clock.now()
        cut = now - timedelta(days=STANDARD[RetentionClass.LOG])
        while await self.trail.remove(cut, BATCH):
            pass
        for workspace_id in await self.schedule.with_something_due(STANDARD, now):
            await self.jobs.enqueue(
                SystemActor(workspace_id=workspace_id),
                SweepWorkspace(),
                subject=workspace_id,
                version=int(now.timestamp()) // _TICK,
            )
        await self.uow.commit()


@dataclass(frozen=True, slots=True)
class SweepWorkspaceHandler:
    policies: Policies
    expirables: Expirables
    artifacts: ArtifactExpiry
    uploads: UploadExpiry
    quotas: Quotas
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: SystemActor, command: SweepWorkspace) -> None:
        actor.require(Permission.RETENTION_ADMIN)
        if actor.workspace_id is None:
            raise ValueError("a sweep works in one workspace")
        workspace_id = actor.workspace_id
        policy = await self.policies.get(workspace_id)
        for expirable in self.expirables.items:
            for kind in expirable.classes:
                cut = policy.cut(kind, self.clock.now())
                if cut is not None:
                    await self._remove(workspace_id, expirable, kind, cut)
        await self.artifacts.finish(workspace_id)  # what people removed by hand
        await self._end_uploads(workspace_id)
        spent = policy.cut(RetentionClass.LOG, self.clock.now())
        if spent is not None:
            await self.quotas.forget_spent(workspace_id, spent)
        await self.uow.commit()

    async def _end_uploads(self, workspace_id: WorkspaceId) -> None:
        removed = await self.uploads.remove(workspace_id)
        if removed.count:
            self.audit.append(
                Platform(workspace_id),
                "retention.uploads-removed",
                object_type="workspace",
                object_id=workspace_id,
                count=removed.count,
                bytes=removed.size,
            )
            await self.uow.commit()

    async def _remove(
        self,
        workspace_id: WorkspaceId,
        expirable: Expirable,
        kind: RetentionClass | None,
        cut: datetime,
    ) -> None:
        """In batches until nothing is due; one line of audit for all of them."""
        count = size = 0
        while (batch := await expirable.remove(workspace_id, kind, cut, BATCH)).count:
            count, size = count + batch.count, size + batch.size
        if count:
            self.audit.append(
                Platform(workspace_id),
                "retention.removed",
                object_type="workspace",
                object_id=workspace_id,
                what=expirable.name,
                retention=kind and kind.value,
                count=count,
                bytes=size,
            )
            await self.uow.commit()
