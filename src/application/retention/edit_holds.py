"""Place and release legal holds."""

from dataclasses import dataclass

from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.ports import Clock, Ids, UnitOfWork
from domain.retention.hold import HoldId, LegalHold
from domain.retention.ports import LegalHolds


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold:
    """Without an artifact, on everything the workspace has and will have."""

    reason: str
    artifact_id: ArtifactId | None = None


@dataclass(frozen=True, slots=True)
class PlaceHoldHandler:
    holds: LegalHolds
    artifacts: Artifacts
    audit: AuditLog
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: PlaceHold) -> LegalHold:
        actor.require(Permission.RETENTION_ADMIN)
        hold = LegalHold(
            id=HoldId(self.ids.new()),
            workspace_id=actor.workspace_id,
            subject=command.artifact_id,
            reason=command.reason,
            created_by=actor.user_id,
            created_at=self.clock.now(),
        )
        await self.holds.add(hold)
        if command.artifact_id is not None:  # read only now: a removal before us is seen
            await self.artifacts.get(actor.workspace_id, command.artifact_id)
        self.audit.append(
            actor,
            "retention.hold-placed",
            object_type="legal-hold",
            object_id=hold.id,
            subject=str(command.artifact_id or "workspace"),
        )
        await self.uow.commit()
        return hold


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHold:
    hold_id: HoldId


@dataclass(frozen=True, slots=True)
class ReleaseHoldHandler:
    holds: LegalHolds
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: ReleaseHold) -> LegalHold:
        actor.require(Permission.RETENTION_ADMIN)
        hold = await self.holds.get(actor.workspace_id, command.hold_id)
        hold.release(actor.user_id, self.clock.now())
        self.audit.append(
            actor, "retention.hold-released", object_type="legal-hold", object_id=hold.id
        )
        await self.uow.commit()
        return hold
