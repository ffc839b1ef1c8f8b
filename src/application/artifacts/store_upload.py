"""Keep a file somebody sent in one piece; the same bytes are stored once per workspace."""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from domain.artifacts.artifact import Artifact
from domain.artifacts.checksums import require_same
from domain.artifacts.keys import content_key
from domain.artifacts.media import HEAD_SIZE, check
from domain.artifacts.ports import Artifacts, BlobCondemned, BlobInfo, BlobStore
from domain.artifacts.upload import EmptyUpload
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.ports import Ids, UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.usage.ports import Quotas
from domain.usage.quota import BYTES_STORED

KIND: Final = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreUpload:
    """`read` starts a new pass over the bytes each time; `sha256` (hex) is what the sender says."""

    file_name: str
    media_type: str
    read: Callable[[], AsyncIterator[bytes]]
    sha256: str | None = None
    retention: RetentionClass = RetentionClass.RAW_INPUT


@dataclass(frozen=True, slots=True)
class StoreUploadHandler:
    shelf: ArtifactShelf
    artifacts: Artifacts
    store: BlobStore
    quotas: Quotas
    audit: AuditLog
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: StoreUpload) -> Artifact:
        actor.require(Permission.ARTIFACTS_WRITE)
        head, size, sha256 = await _examined(command)
        media_type = check(command.media_type, head)
        use = await self.quotas.use(actor.workspace_id, BYTES_STORED)
        if use.left < size:  # before a byte is stored; the reservation below decides
            await self.quotas.reserve(actor, BYTES_STORED, size, subject=self.ids.new())
        artifact = await self._kept(actor, command, media_type, sha256)
        self.audit.append(
            actor,
            "artifacts.uploaded",
            object_type="artifact",
            object_id=artifact.id,
            size=artifact.size,
            sha256=artifact.sha256,
        )
        await self.uow.commit()
        return artifact

    async def _kept(
        self, actor: Actor, command: StoreUpload, media_type: str, sha256: str
    ) -> Artifact:
        """Under another key when the first is just being removed."""
        try:
            return await self._recorded(actor, command, media_type, sha256, "")
        except BlobCondemned:
            generation = self.ids.new().hex
            return await self._recorded(actor, command, media_type, sha256, generation)

    async def _recorded(
        self, actor: Actor, command: StoreUpload, media_type: str, sha256: str, generation: str
    ) -> Artifact:
        blob = await self._stored(actor, command, sha256, generation)
        new = NewArtifact(
            kind=KIND,
            blob=blob,
            file_name=command.file_name,
            media_type=media_type,
            retention=command.retention,
        )
        return await self.shelf.record(actor, new)

    async def _stored(
        self, actor: Actor, command: StoreUpload, sha256: str, generation: str
    ) -> BlobInfo:
        known = await self.artifacts.find_content(actor.workspace_id, sha256)
        await self.uow.commit()  # no transaction stays open while bytes move
        if known is not None:
            return known
        key = content_key(actor.workspace_id, sha256, generation)
        return await self.store.put(key, command.read())


async def _examined(command: StoreUpload) -> tuple[bytes, int, str]:
    """First bytes, size and SHA-256. Raises EmptyUpload, BadChecksum, ChecksumMismatch."""
    head, size, digest = b"", 0, hashlib.sha256()
    async for chunk in command.read():
        head += chunk[: HEAD_SIZE - len(head)]
        size += len(chunk)
        digest.update(chunk)
    if size == 0:
        raise EmptyUpload("The file is empty.")
    received = digest.hexdigest()
    require_same(command.sha256, received)
    return head, size, received
