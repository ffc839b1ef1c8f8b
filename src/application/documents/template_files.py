"""The two files of a template version: the document itself and a picture of its first page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from domain.artifacts.artifact import Artifact, ArtifactId
from domain.artifacts.keys import content_key
from domain.artifacts.media import DOCX
from domain.artifacts.ports import Artifacts, BlobInfo, BlobStore
from domain.documents.rendering import Content, Inspection
from domain.documents.template_version import TemplateVersion
from domain.identity.access import Actor
from domain.kernel.ports import Clock, UnitOfWork

SOURCE_KIND = "documents.template"
PREVIEW_KIND = "documents.preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFiles:
    source: BlobInfo
    preview: BlobInfo | None


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """Used by the upload of templates; `keep` commits, `record` and `drop` do not."""

    blobs: BlobStore
    artifacts: Artifacts
    shelf: ArtifactShelf
    uow: UnitOfWork
    clock: Clock

    async def keep(self, actor: Actor, content: Content, found: Inspection) -> KeptFiles:
        """Objects first; a workspace keeps one copy of the same bytes."""
        source = await self._stored(actor, found.sha256, content)
        if found.preview is None:
            return KeptFiles(source=source, preview=None)
        digest = sha256(found.preview).hexdigest()
        preview = await self.blobs.put(
            content_key(actor.workspace_id, digest), _once(found.preview)
        )
        return KeptFiles(source=source, preview=preview)

    async def record(
        self, actor: Actor, files: KeptFiles, file_name: str
    ) -> tuple[Artifact, ArtifactId | None]:
        """The rows; both stay as long as their version."""
        source = await self.shelf.record(
            actor,
            NewArtifact(
                kind=SOURCE_KIND,
                blob=files.source,
                file_name=file_name,
                media_type=DOCX,
                retention=None,
            ),
        )
        if files.preview is None:
            return source, None
        preview = await self.shelf.record(
            actor,
            NewArtifact(
                kind=PREVIEW_KIND,
                blob=files.preview,
                file_name=f"{file_name}.png",
                media_type="image/png",
                retention=None,
            ),
        )
        return source, preview.id

    async def drop(self, version: TemplateVersion) -> None:
        """Let the bytes go; others of the workspace may still use them."""
        for artifact_id in (version.source_id, version.preview_id):
            if artifact_id is not None:
                artifact = await self.artifacts.get(version.workspace_id, artifact_id)
                artifact.remove(self.clock.now())

    async def _stored(self, actor: Actor, sha256: str, content: Content) -> BlobInfo:
        there = await self.artifacts.find_content(actor.workspace_id, sha256)
        await self.uow.commit()  # no transaction stays open while bytes travel
        if there is not None and await self.blobs.head(there.key) is not None:
            return there
        return await self.blobs.put(content_key(actor.workspace_id, sha256), content())


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
