"""Pictures and documents that data names as `artifact:<id>`, looked up for the engine."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from domain.artifacts.artifact import ArtifactId, ArtifactNotFound, ArtifactRemoved
from domain.artifacts.ports import Artifacts
from domain.documents.effort import ASSET_PREFIX
from domain.documents.rendering import Asset
from domain.identity.access import WorkspaceId


@dataclass(frozen=True, slots=True)
class Assets:
    """Only files of the workspace can be named; anything else does not exist."""

    artifacts: Artifacts

    async def find(self, workspace_id: WorkspaceId, refs: Iterable[str]) -> tuple[Asset, ...]:
        """Those that are there. For the others the engine refuses the row that names them."""
        found = [await self._one(workspace_id, ref) for ref in sorted(refs)]
        return tuple(asset for asset in found if asset is not None)

    async def _one(self, workspace_id: WorkspaceId, ref: str) -> Asset | None:
        try:
            artifact_id = ArtifactId(UUID(ref.removeprefix(ASSET_PREFIX)))
            artifact = await self.artifacts.get(workspace_id, artifact_id)
        except (ValueError, ArtifactNotFound, ArtifactRemoved):
            return None
        return Asset(ref=ref, key=artifact.key, media_type=artifact.media_type, size=artifact.size)
