"""Let somebody download a file: checked, written down, then a link that lives a few minutes."""

from dataclasses import dataclass

from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import LONGEST_LINK, Artifacts, BlobStore
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDownload:
    artifact_id: ArtifactId


@dataclass(frozen=True, slots=True)
class LinkDownloadHandler:
    artifacts: Artifacts
    store: BlobStore
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: LinkDownload) -> str:
        """A URL for everyone who holds it, at most 300 s long."""
        actor.require(Permission.ARTIFACTS_READ)
        artifact = await self.artifacts.get(actor.workspace_id, command.artifact_id)
        self.audit.append(
            actor,
            "artifacts.download-linked",
            object_type="artifact",
            object_id=artifact.id,
            sha256=artifact.sha256,
        )
        await self.uow.commit()
        return await self.store.sign(
            artifact.key,
            file_name=artifact.file_name,
            media_type=artifact.media_type,
            ttl=LONGEST_LINK,
        )
