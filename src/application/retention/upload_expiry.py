"""How abandoned uploads go: their bytes, then their room, then their row; safe to stop anywhere."""

from dataclasses import dataclass

from domain.artifacts.growing import GrowingBlobs
from domain.artifacts.ports import BlobStore
from domain.artifacts.upload import Upload, UploadLocked, UploadStatus
from domain.artifacts.upload_ports import Uploads
from domain.identity.access import WorkspaceId
from domain.kernel.ports import Clock, Ids, UnitOfWork
from domain.retention.policy import BATCH
from domain.retention.ports import Removed
from domain.usage.ports import Quotas


@dataclass(frozen=True, slots=True)
class UploadExpiry:
    """A file that was complete has a life of its own by now; only the upload's row goes."""

    uploads: Uploads
    growing: GrowingBlobs
    store: BlobStore
    quotas: Quotas
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def remove(self, workspace_id: WorkspaceId) -> Removed:
        """Answers how many were abandoned, and how much of them had come."""
        count = size = 0
        while batch := await self.uploads.expired(workspace_id, self.clock.now(), BATCH):
            for upload in batch:
                if await self._removed(upload) and upload.status is UploadStatus.OPEN:
                    count, size = count + 1, size + upload.received
        await self.uow.commit()
        return Removed(count, size)

    async def _removed(self, upload: Upload) -> bool:
        holder = self.ids.new()
        try:
            held = await self.uploads.claim(upload.workspace_id, upload.id, holder)
        except UploadLocked:  # a sender is being told just now that it is too late
            return False
        await self.uow.commit()
        if held.status is not UploadStatus.COMPLETE:
            await self.growing.abort(held.growth)
            await self.store.delete(held.key)
        await self.uploads.remove(held)
        await self.quotas.release(held.workspace_id, subject=held.id)
        await self.uow.commit()
        return True
