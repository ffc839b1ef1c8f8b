"""The two files of a template version: the document itself and a picture of its first page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from domain.artifacts.artifact import Artifact, ArtifactId
from domain.artifacts.keys import content_key
from domain.artifacts.media import DOCX
from domain.artifacts.ports import Artifacts, BlobCondemned, BlobInfo, BlobStore
from domain.documents.rendering import Content, Inspection
from domain.documents.template_version import TemplateVersion
from domain.identity.access import Actor
from domain.kernel.ports import Clock, Ids, UnitOfWork

SOURCE_KIND = "documents.template"
PREVIEW_KIND = "documents.preview"


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """Used by the upload of templates; `keep` commits before it records, `drop` does not."""

    blobs: BlobStore
    artifacts: Artifacts
    shelf: ArtifactShelf
    uow: UnitOfWork
    clock: Clock
    ids: Ids

    async def keep(
        self, actor: Actor, content: Content, found: Inspection, file_name: str
    ) -> tuple[Artifact, ArtifactId | None]:
        """Objects first, then their rows, in the transaction that goes on; they stay as long as
        their version. A workspace keeps one copy of the same bytes, under another key when the
        first is just being removed.
        """
        try:
            return await self._kept(actor, content, found, file_name, "")
        except BlobCondemned:
            await self.uow.rollback()
            return await self._kept(actor, content, found, file_name, self.ids.new().hex)

    async def _kept(
        self, actor: Actor, content: Content, found: Inspection, file_name: str, generation: str
    ) -> tuple[Artifact, ArtifactId | None]:
        blob = await self._stored(actor, found.sha256, content, generation)
        drawn = None
        if (picture := found.preview) is not None:
            digest = sha256(picture).hexdigest()
            drawn = await self._stored(actor, digest, lambda: _once(picture), generation)
        source = await self._recorded(actor, blob, SOURCE_KIND, file_name, DOCX)
        if drawn is None:
            return source, None
        name = f"{file_name}.png"
        preview = await self._recorded(actor, drawn, PREVIEW_KIND, name, "image/png")
        return source, preview.id

    async def _recorded(
        self, actor: Actor, blob: BlobInfo, kind: str, file_name: str, media_type: str
    ) -> Artifact:
        return await self.shelf.record(
            actor,
            NewArtifact(
                kind=kind, blob=blob, file_name=file_name, media_type=media_type, retention=None
            ),
        )

    async def drop(self, version: TemplateVersion) -> None:
        """Let the bytes go; others of the workspace may still use them."""
        for artifact_id in (version.source_id, version.preview_id):
            if artifact_id is not None:
                artifact = await self.artifacts.get(version.workspace_id, artifact_id)
                artifact.remove(self.clock.now())

    async def _stored(
        self, actor: Actor, sha256: str, content: Content, generation: str
    ) -> BlobInfo:
        there = await self.artifacts.find_content(actor.workspace_id, sha256)
        await self.uow.commit()  # no transaction stays open while bytes travel
        if there is not None and await self.blobs.head(there.key) is not None:
            return there
        return await self.blobs.put(content_key(actor.workspace_id, sha256, generation), content())


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
