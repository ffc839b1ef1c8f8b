"""Remove a file by hand, before its time: unreadable at once, its bytes go with the next sweep."""

from dataclasses import dataclass

from domain.artifacts.artifact import ArtifactId, ArtifactInUse
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.ports import Clock, UnitOfWork
from domain.retention.ports import LegalHolds


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveArtifact:
    artifact_id: ArtifactId


@dataclass(frozen=True, slots=True)
class RemoveArtifactHandler:
    artifacts: Artifacts
    holds: LegalHolds
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RemoveArtifact) -> None:
        actor.require(Permission.ARTIFACTS_WRITE)
        artifact = await self.artifacts.get(actor.workspace_id, command.artifact_id)
        if artifact.retention is None:
            raise ArtifactInUse("This file belongs to something else; remove that instead.")
        await self.holds.require_free(actor.workspace_id, artifact.id)
        artifact.remove(self.clock.now())
        self.audit.append(
            actor,
            "artifacts.removed",
            object_type="artifact",
            object_id=artifact.id,
            size=artifact.size,
            sha256=artifact.sha256,
        )
        await self.uow.commit()
