"""Record what is in the store: the second half of "object first, row second"."""

from dataclasses import dataclass
from uuid import UUID

from domain.artifacts.artifact import Artifact, ArtifactId
from domain.artifacts.ports import Artifacts, BlobInfo
from domain.identity.access import Actor
from domain.kernel.ports import Clock, Ids
from domain.kernel.retention import RetentionClass
from domain.usage.ports import Quotas
from domain.usage.quota import BYTES_STORED


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArtifact:
    """`blob` is what `BlobStore.put` answered; without `retention` it stays until it is removed."""

    kind: str
    blob: BlobInfo
    file_name: str
    media_type: str
    retention: RetentionClass | None
    job_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ArtifactShelf:
    """Used by the use cases that make files; they authorise, and they commit."""

    artifacts: Artifacts
    quotas: Quotas
    clock: Clock
    ids: Ids

    async def record(self, actor: Actor, new: NewArtifact) -> Artifact:
        """The row and its share of the bytes quota, in the caller's transaction.

        Raises QuotaUsedUp, and BlobCondemned when that object is just being removed.
        """
        artifact = Artifact(
            id=ArtifactId(self.ids.new()),
            workspace_id=actor.workspace_id,
            kind=new.kind,
            key=new.blob.key,
            file_name=new.file_name,
            media_type=new.media_type,
            size=new.blob.size,
            sha256=new.blob.sha256,
            retention=new.retention,
            created_at=self.clock.now(),
            job_id=new.job_id,
            created_by=actor.user_id,
        )
        await self.artifacts.add(artifact)
        await self.quotas.reserve(actor, BYTES_STORED, artifact.size, subject=artifact.id)
        await self.quotas.settle(
            actor,
            BYTES_STORED,
            subject=artifact.id,
            actual=artifact.size,
            facts={"kind": artifact.kind},
        )
        return artifact
