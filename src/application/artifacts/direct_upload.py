"""Uploads whose senders write to the bucket themselves: addresses, what is there, the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.artifacts.finish_upload import UploadFinisher
from domain.artifacts.growing import GrowingBlobs, Growth, PartLink
from domain.artifacts.upload import Upload, UploadId, UploadIncomplete, UploadStatus
from domain.artifacts.upload_ports import Uploads
from domain.identity.access import Actor, Permission
from domain.kernel.errors import Invalid
from domain.kernel.ports import Clock, Ids, UnitOfWork

MOST_LINKS: Final = 100


class NoSuchPart(Invalid):
    """Facts: `parts`, how many there are; `most`, how many may be asked for at once."""

    code = "artifacts.no-such-part"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkParts:
    """Part numbers start at 1."""

    upload_id: UploadId
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class LinkPartsHandler:
    uploads: Uploads
    growing: GrowingBlobs
    clock: Clock

    async def __call__(self, actor: Actor, command: LinkParts) -> tuple[PartLink, ...]:
        actor.require(Permission.ARTIFACTS_WRITE)
        upload = await self.uploads.get(actor.workspace_id, command.upload_id)
        _require_direct(upload, self.clock)
        parts = part_count(upload.growth)
        numbers = sorted(set(command.numbers))
        if len(numbers) > MOST_LINKS or not all(1 <= number <= parts for number in numbers):
            raise NoSuchPart(
                f"Ask for at most {MOST_LINKS} of the parts 1 to {parts}.",
                parts=parts,
                most=MOST_LINKS,
            )
        return await self.growing.links(upload.growth, numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParts:
    upload_id: UploadId


@dataclass(frozen=True, slots=True)
class ListPartsHandler:
    uploads: Uploads
    growing: GrowingBlobs
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: ListParts) -> Growth:
        """What the bucket has received so far: the rest is to be sent."""
        actor.require(Permission.ARTIFACTS_READ)
        upload = await self.uploads.get(actor.workspace_id, command.upload_id)
        _require_direct(upload, self.clock)
        await self.uow.commit()
        return await self.growing.received(upload.growth)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteDirect:
    upload_id: UploadId


@dataclass(frozen=True, slots=True)
class CompleteDirectHandler:
    uploads: Uploads
    growing: GrowingBlobs
    finisher: UploadFinisher
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: CompleteDirect) -> Upload:
        """The file is put together, read once for its checksum, and recorded."""
        actor.require(Permission.ARTIFACTS_WRITE)
        holder = self.ids.new()
        upload = await self.uploads.claim(actor.workspace_id, command.upload_id, holder)
        await self.uow.commit()
        try:
            upload.require_known(self.clock.now())
            upload.require_direct()
            if upload.status is UploadStatus.OPEN:
                upload = await self._ended(actor, upload, holder)
        finally:
            await self.uow.rollback()
            await self.uploads.release(upload, holder)
            await self.uow.commit()
        return upload

    async def _ended(self, actor: Actor, upload: Upload, holder: UUID) -> Upload:
        growth = await self.growing.received(upload.growth)
        if growth.size != upload.length:
            raise UploadIncomplete(
                f"{growth.size} of {upload.length} bytes are in the bucket.",
                received=growth.size,
                length=upload.length,
            )
        grown = upload.grown(growth, self.clock.now())
        await self.uploads.save(grown, holder, keep=True)
        await self.uow.commit()
        return await self.finisher.finish(actor, grown, holder)


def part_count(growth: Growth) -> int:
    return -(-growth.total // growth.part_size) if growth.part_size else 0


def _require_direct(upload: Upload, clock: Clock) -> None:
    upload.require_known(clock.now())
    upload.require_direct()
    upload.require_open()
