"""The end of an upload, whichever way its bytes came: checked, recorded, or refused."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from application.artifacts.digests import Digests
from application.artifacts.shelf import ArtifactShelf, NewArtifact
from domain.artifacts.artifact import Artifact
from domain.artifacts.checksums import require_same
from domain.artifacts.growing import GrowingBlobs, GrowthLost
from domain.artifacts.media import HEAD_SIZE, settle
from domain.artifacts.ports import BlobCondemned, BlobInfo, BlobStore
from domain.artifacts.upload import Upload
from domain.artifacts.upload_ports import Uploads
from domain.audit.ports import AuditLog
from domain.identity.access import Actor
from domain.kernel.errors import DomainError, Invalid
from domain.kernel.ports import Clock, UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.usage.ports import Quotas

RENEW_S: Final = 3.0  # between two renewals of a lease


@dataclass(frozen=True, slots=True)
class UploadFinisher:
    """Used by the use cases that move bytes; they authorise, and they hold the lease."""

    uploads: Uploads
    growing: GrowingBlobs
    store: BlobStore
    shelf: ArtifactShelf
    quotas: Quotas
    digests: Digests
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def finish(self, actor: Actor, upload: Upload, holder: UUID) -> Upload:
        """An artifact, of an object that was there already if the bytes are the same.

        Raises what is wrong with the file; then nothing of it stays.
        """
        try:
            await self.growing.finish(upload.growth)
            sha256, media_type = await self._examined(upload, holder)
        except (Invalid, GrowthLost) as error:
            await self.refuse(upload, holder, error)
            raise
        return await self._recorded(actor, upload, holder, sha256, media_type)

    async def refuse(self, upload: Upload, holder: UUID, error: DomainError) -> None:
        """The row stays for a day, to say why."""
        await self.uow.rollback()
        ended = upload.refused(error.code, self.clock.now())
        await self.uploads.save(ended, holder, keep=False)
        await self.quotas.release(upload.workspace_id, subject=upload.id)
        await self.uow.commit()
        await self.discard(upload)

    async def discard(self, upload: Upload) -> None:
        """The bytes, as far as they came."""
        self.digests.forget(upload.id)
        await self.growing.abort(upload.growth)
        await self.store.delete(upload.key)

    async def _examined(self, upload: Upload, holder: UUID) -> tuple[str, str]:
        head = b"".join([c async for c in self.store.open(upload.key, length=HEAD_SIZE)])
        media_type = settle(upload.media_type, upload.file_name, head)
        digest = self.digests.at(upload.id, upload.length)
        if digest is None:
            digest = await self._read_again(upload, holder)
        sha256: str = digest.hexdigest()
        require_same(upload.sha256, sha256)
        return sha256, media_type

    async def _read_again(self, upload: Upload, holder: UUID) -> Any:
        """All of it, a block at a time, while the lease goes on."""
        digest, clock = self.digests.at(upload.id, 0), asyncio.get_running_loop().time
        renewed = clock()
        async for block in self.store.open(upload.key):
            await asyncio.to_thread(digest.update, block)  # type: ignore[union-attr]
            if clock() - renewed > RENEW_S:
                await self.uploads.renew(upload, holder)
                await self.uow.commit()
                renewed = clock()
        return digest

    async def _recorded(
        self, actor: Actor, upload: Upload, holder: UUID, sha256: str, media_type: str
    ) -> Upload:
        own = BlobInfo(key=upload.key, size=upload.length, sha256=sha256)
        same = await self.uploads.same_content(upload.workspace_id, sha256)
        await self.quotas.release(upload.workspace_id, subject=upload.id)
        artifact = await self._shelved(actor, upload, same or own, own, media_type)
        duplicate = artifact.key != own.key
        done = upload.completed(artifact.id, duplicate=duplicate, now=self.clock.now())
        await self.uploads.save(done, holder, keep=False)
        self.audit.append(
            actor,
            "artifacts.uploaded",
            object_type="artifact",
            object_id=artifact.id,
            size=artifact.size,
            sha256=artifact.sha256,
        )
        await self.uow.commit()
        self.digests.forget(upload.id)
        if duplicate:
            await self.store.delete(own.key)
        return done

    async def _shelved(
        self, actor: Actor, upload: Upload, first: BlobInfo, own: BlobInfo, media_type: str
    ) -> Artifact:
        """Under our own object when the one we would share is just being removed."""
        for blob in (first, own):
            try:
                return await self.shelf.record(
                    actor,
                    NewArtifact(
                        kind=upload.kind,
                        blob=blob,
                        file_name=upload.file_name,
                        media_type=media_type,
                        retention=RetentionClass.RAW_INPUT,
                    ),
                )
            except BlobCondemned:
                if blob is own:
                    raise
        raise AssertionError("one of the two was returned or raised")
