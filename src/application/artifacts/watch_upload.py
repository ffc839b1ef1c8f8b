"""Look at an upload, or end it before its time."""

from dataclasses import dataclass

from application.artifacts.finish_upload import UploadFinisher
from domain.artifacts.upload import Upload, UploadId, UploadStatus
from domain.artifacts.upload_ports import Uploads
from domain.identity.access import Actor, Permission
from domain.kernel.ports import Clock, Ids, UnitOfWork
from domain.usage.ports import Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchUpload:
    upload_id: UploadId


@dataclass(frozen=True, slots=True)
class WatchUploadHandler:
    uploads: Uploads
    finisher: UploadFinisher
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: WatchUpload) -> Upload:
        """Ends what is whole already: who wrote its last byte may have died before that."""
        actor.require(Permission.ARTIFACTS_READ)
        upload = await self.uploads.get(actor.workspace_id, command.upload_id)
        upload.require_known(self.clock.now())
        unfinished = upload.is_full and upload.status is UploadStatus.OPEN
        if not unfinished or not actor.may(Permission.ARTIFACTS_WRITE):
            return upload
        holder = self.ids.new()
        upload = await self.uploads.claim(actor.workspace_id, command.upload_id, holder)
        await self.uow.commit()
        if upload.status is UploadStatus.OPEN:
            return await self.finisher.finish(actor, upload, holder)
        await self.uploads.release(upload, holder)
        await self.uow.commit()
        return upload


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUpload:
    upload_id: UploadId


@dataclass(frozen=True, slots=True)
class EndUploadHandler:
    uploads: Uploads
    finisher: UploadFinisher
    quotas: Quotas
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: EndUpload) -> None:
        """The bytes and their reservation go; a file that is complete stays."""
        actor.require(Permission.ARTIFACTS_WRITE)
        holder = self.ids.new()
        upload = await self.uploads.claim(actor.workspace_id, command.upload_id, holder)
        await self.uow.commit()
        if upload.status is UploadStatus.OPEN:
            await self.finisher.discard(upload)
        await self.uploads.remove(upload)
        await self.quotas.release(actor.workspace_id, subject=upload.id)
        await self.uow.commit()
