"""Begin an upload: the room for all of it is reserved before its first byte."""

from dataclasses import dataclass

from domain.artifacts.checksums import sha256_in_hex
from domain.artifacts.growing import GrowingBlobs, Growth
from domain.artifacts.keys import upload_key
from domain.artifacts.media import ANYTHING, declared_type, require_accepted
from domain.artifacts.names import safe_file_name
from domain.artifacts.upload import (
    DEFAULT_KIND,
    IDLE,
    Upload,
    UploadFacts,
    UploadId,
    check_length,
)
from domain.artifacts.upload_ports import Uploads
from domain.identity.access import Actor, Permission
from domain.kernel.ports import Clock, Ids, UnitOfWork
from domain.usage.ports import Quotas
from domain.usage.quota import BYTES_STORED


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """`most` bytes in one upload."""

    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUpload:
    """`media_type` may be empty; `direct`: straight to the bucket, past us."""

    file_name: str
    media_type: str
    length: int
    sha256: str | None = None
    kind: str = DEFAULT_KIND
    sent: str = ""
    direct: bool = False


@dataclass(frozen=True, slots=True)
class CreateUploadHandler:
    uploads: Uploads
    growing: GrowingBlobs
    quotas: Quotas
    limit: UploadLimit
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: CreateUpload) -> Upload:
        actor.require(Permission.ARTIFACTS_WRITE)
        upload = self._planned(actor, command)
        use = await self.quotas.use(actor.workspace_id, BYTES_STORED)
        if use.left < upload.length:  # before the store is asked; the reservation below decides
            await self.quotas.reserve(actor, BYTES_STORED, upload.length, subject=upload.id)
        await self.uow.commit()
        growth = await self.growing.begin(upload.key, upload.length, direct=command.direct)
        try:
            return await self._recorded(actor, upload.grown(growth, self.clock.now()))
        except BaseException:
            await self.growing.abort(growth)
            raise

    def _planned(self, actor: Actor, command: CreateUpload) -> Upload:
        name = safe_file_name(command.file_name)
        declared = declared_type(command.media_type, name)
        now, upload_id = self.clock.now(), UploadId(self.ids.new())
        return Upload(
            id=upload_id,
            workspace_id=actor.workspace_id,
            created_by=actor.user_id,
            kind=command.kind,
            key=upload_key(actor.workspace_id, upload_id),
            file_name=name,
            media_type=require_accepted(declared) if declared else ANYTHING,
            length=check_length(command.length, self.limit.most),
            sha256=None if command.sha256 is None else sha256_in_hex(command.sha256),
            facts=UploadFacts(sent=command.sent, direct=command.direct),
            growth=Growth(),
            created_at=now,
            expires_at=now + IDLE,
        )

    async def _recorded(self, actor: Actor, upload: Upload) -> Upload:
        await self.uploads.add(upload)
        await self.quotas.reserve(actor, BYTES_STORED, upload.length, subject=upload.id)
        await self.uow.commit()
        return upload
