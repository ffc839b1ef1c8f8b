"""Take the next piece of an upload, as it comes; what came before a line broke is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from application.artifacts.digests import Digests
from application.artifacts.finish_upload import RENEW_S, UploadFinisher
from domain.artifacts.checksums import PieceChecksum
from domain.artifacts.growing import GrowingBlobs, GrowthLost
from domain.artifacts.media import HEAD_SIZE, ContentMismatch, TypeNotAllowed, settle
from domain.artifacts.upload import Upload, UploadId, UploadStatus
from domain.artifacts.upload_ports import Uploads
from domain.identity.access import Actor, Permission
from domain.kernel.ports import Clock, Ids, UnitOfWork

_BLOCK: Final = 1 << 20  # bytes that are hashed in one go


class SenderGone(Exception):
    """The content breaks off: the line is cut, or nothing came for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivePiece:
    """`size` where the sender says it beforehand; `content` raises SenderGone."""

    upload_id: UploadId
    offset: int
    size: int | None
    content: AsyncIterator[bytes]
    checksum: PieceChecksum | None = None


@dataclass(frozen=True, slots=True)
class ReceivePieceHandler:
    uploads: Uploads
    growing: GrowingBlobs
    digests: Digests
    finisher: UploadFinisher
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: ReceivePiece) -> Upload:
        """The upload as it stands then; complete, if that was the last piece."""
        actor.require(Permission.ARTIFACTS_WRITE)
        holder = self.ids.new()
        upload = await self.uploads.claim(actor.workspace_id, command.upload_id, holder)
        await self.uow.commit()
        try:
            upload.require_known(self.clock.now())
            upload.require_place_for(command.offset, command.size)
            upload = await self._taken(upload, command, holder)
            if upload.is_full and upload.status is UploadStatus.OPEN:
                return await self.finisher.finish(actor, upload, holder)
        finally:
            await asyncio.shield(self._let_go(upload, holder))
        return upload

    async def _taken(self, upload: Upload, command: ReceivePiece, holder: UUID) -> Upload:
        piece = _Piece(upload, command, lambda: self._renew(upload, holder))
        piece.digest = self.digests.at(upload.id, command.offset)
        try:
            grown = await self._appended(upload, piece, holder)
        except (TypeNotAllowed, ContentMismatch, GrowthLost) as error:
            await self.finisher.refuse(upload, holder, error)
            raise
        if piece.digest is not None and piece.end == grown.received:
            self.digests.keep(upload.id, piece.end, piece.digest)
        return grown

    async def _appended(self, upload: Upload, piece: "_Piece", holder: UUID) -> Upload:
        """With a checksum nothing counts before all of the piece is there, and sound."""
        grown = upload
        async with aclosing(self.growing.append(upload.growth, piece.blocks())) as growths:
            async for growth in growths:
                grown = grown.grown(growth, self.clock.now())
                if piece.sum is None:
                    await self._save(grown, holder)
        if piece.sum is None:
            return grown
        if piece.cut:
            return upload
        piece.require_sound()
        await self._save(grown, holder)
        return grown

    async def _save(self, upload: Upload, holder: UUID) -> None:
        await self.uploads.save(upload, holder, keep=True)
        await self.uow.commit()

    async def _renew(self, upload: Upload, holder: UUID) -> None:
        await self.uploads.renew(upload, holder)
        await self.uow.commit()

    async def _let_go(self, upload: Upload, holder: UUID) -> None:
        await self.uow.rollback()
        await self.uploads.release(upload, holder)
        await self.uow.commit()


@dataclass(slots=True)
class _Piece:
    """The content on its way into the store: counted, hashed, looked at."""

    upload: Upload
    command: ReceivePiece
    renew: Any
    digest: Any = None
    sum: Any = field(init=False)
    cut: bool = False
    end: int = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.command.offset
        self.sum = self.command.checksum and self.command.checksum.begin()

    async def blocks(self) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        renewed, waiting, size = clock(), list[bytes](), 0
        async for chunk in self._chunks():
            waiting.append(chunk)
            size += len(chunk)
            if size >= _BLOCK:
                yield await self._hashed(b"".join(waiting))
                waiting, size = [], 0
            if clock() - renewed > RENEW_S:
                await self.renew()
                renewed = clock()
        if size:
            yield await self._hashed(b"".join(waiting))

    async def _chunks(self) -> AsyncIterator[bytes]:
        """The end of the content is an end, however it came about."""
        try:
            async for chunk in self.command.content:
                yield chunk
        except SenderGone:
            self.cut = True

    async def _hashed(self, block: bytes) -> bytes:
        if self.end == 0 and (len(block) >= HEAD_SIZE or len(block) == self.upload.length):
            settle(self.upload.media_type, self.upload.file_name, block[:HEAD_SIZE])
        self.end += len(block)
        self.upload.require_room(self.end)
        for digest in (self.digest, self.sum):
            if digest is not None:
                await asyncio.to_thread(digest.update, block)
        return block

    def require_sound(self) -> None:
        """Raises PieceDamaged."""
        if self.command.checksum is not None:
            self.command.checksum.require(self.sum.digest())
