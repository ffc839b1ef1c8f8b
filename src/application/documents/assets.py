"""Pictures and documents that data names as `artifact:<id>`, looked up for the engine."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from domain.artifacts.artifact import ArtifactId, ArtifactNotFound, ArtifactRemoved
from domain.artifacts.ports import Artifacts
from domain.documents.effort import ASSET_PREFIX
from domain.documents.rendering import Asset
from domain.identity.access import WorkspaceId
from domain.kernel.errors import Invalid


class BadAssetReference(Invalid):
    """Facts: `value`."""

    code = "documents.bad-asset-reference"


@dataclass(frozen=True, slots=True)
class Assets:
    """Only files of the workspace can be named; anything else does not exist."""

    artifacts: Artifacts

    async def find(self, workspace_id: WorkspaceId, refs: Iterable[str]) -> tuple[Asset, ...]:
        """Raises BadAssetReference, ArtifactNotFound, ArtifactRemoved."""
        return tuple([await self._one(workspace_id, ref) for ref in sorted(refs)])

    async def find_those_there(
        self, workspace_id: WorkspaceId, refs: Iterable[str]
    ) -> tuple[Asset, ...]:
        """Without those that name nothing: the rows that ask for them are told when it is made."""
        found = []
        for ref in sorted(refs):
            with suppress(BadAssetReference, ArtifactNotFound, ArtifactRemoved):
                found.append(await self._one(workspace_id, ref))
        return tuple(found)

    async def _one(self, workspace_id: WorkspaceId, ref: str) -> Asset:
        try:
            artifact_id = ArtifactId(UUID(ref.removeprefix(ASSET_PREFIX)))
        except ValueError as error:
            raise BadAssetReference(
                f"“{ref[:60]}” names no file; write artifact: and the id of an uploaded file.",
                value=ref[:60],
            ) from error
        artifact = await self.artifacts.get(workspace_id, artifact_id)
        return Asset(ref=ref, key=artifact.key, media_type=artifact.media_type, size=artifact.size)
