"""Objects that arrive in pieces, as files that grow until they are moved into their place."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.storage.blocks import in_blocks
from adapters.storage.local_disk import disk, in_folder, sync_folders
from domain.artifacts.growing import GrowingBlobs, Growth, GrowthLost, NoDirectUploads, PartLink
from domain.artifacts.keys import check_key
from domain.artifacts.upload import LONGEST, UploadLocked

BLOCK: Final = 1 << 20  # bytes between two hops to a thread
STEP: Final = 8 << 20  # bytes between two times that the disk is waited for


class LocalGrowingBlobs(GrowingBlobs):
    """`partial/` beside `objects/`; the kernel's lock on the file keeps a second writer out."""

    def __init__(self, root: Path, *, step: int = STEP) -> None:
        self._objects = root.resolve() / "objects"
        self._partial = _partial(root)
        self._step = step

    async def begin(self, key: str, total: int, *, direct: bool = False) -> Growth:
        if direct:
            raise _no_direct_uploads()
        return Growth(key=check_key(key), total=total)

    async def append(
        self, growth: Growth, content: AsyncIterable[bytes]
    ) -> AsyncGenerator[Growth, None]:
        path = self._partial / check_key(growth.key)
        writer = await asyncio.to_thread(_Writer.open, path, growth.size)
        try:
            async for block in in_blocks(content, min(BLOCK, self._step)):
                await asyncio.to_thread(writer.write, block)
                if writer.unsafe >= self._step:
                    yield replace(growth, size=await asyncio.to_thread(writer.sync))
            if writer.unsafe:
                yield replace(growth, size=await asyncio.to_thread(writer.sync))
        finally:
            writer.close()

    async def finish(self, growth: Growth) -> None:
        await asyncio.to_thread(self._finish, growth)

    async def abort(self, growth: Growth) -> None:
        path = self._partial / check_key(growth.key)
        with disk(), suppress(FileNotFoundError):
            path.unlink()
        with suppress(OSError):  # not empty, or not there
            while (path := path.parent) != self._partial:
                path.rmdir()

    async def links(self, growth: Growth, numbers: Sequence[int]) -> tuple[PartLink, ...]:
        raise _no_direct_uploads()

    async def received(self, growth: Growth) -> Growth:
        raise _no_direct_uploads()

    def _finish(self, growth: Growth) -> None:
        key = check_key(growth.key)
        source, target = self._partial / key, self._objects / key
        with disk():
            try:
                size = source.stat().st_size
            except FileNotFoundError:
                if not target.exists() or target.stat().st_size != growth.size:
                    raise _lost() from None
                return
            if size < growth.size:
                raise _lost()
            os.truncate(source, growth.size)
            in_folder(target, lambda: os.replace(source, target))  # noqa: PTH105
            sync_folders(target.parent)


@dataclass(slots=True)
class _Writer:
    descriptor: int
    size: int
    unsafe: int = field(default=0)

    @classmethod
    def open(cls, path: Path, size: int) -> "_Writer":
        """Raises UploadLocked, GrowthLost."""
        with disk():
            opened: list[int] = []
            in_folder(path, lambda: opened.append(_opened(path, new=size == 0)))
            writer = cls(opened[0], size)
            try:
                fcntl.flock(writer.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                writer.begin()
            except BlockingIOError:
                writer.close()
                raise UploadLocked("Somebody else is sending this just now.") from None
            except BaseException:
                writer.close()
                raise
            if size == 0:
                sync_folders(path.parent)
            return writer

    def begin(self) -> None:
        """What was written and never recorded goes."""
        if os.fstat(self.descriptor).st_size < self.size:
            raise _lost()
        os.ftruncate(self.descriptor, self.size)
        os.lseek(self.descriptor, self.size, os.SEEK_SET)

    def write(self, block: bytes) -> None:
        rest = memoryview(block)
        with disk():
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        self.size += len(block)
        self.unsafe += len(block)

    def sync(self) -> int:
        with disk():
            os.fdatasync(self.descriptor)
        self.unsafe = 0
        return self.size

    def close(self) -> None:
        with suppress(OSError):
            os.close(self.descriptor)


def sweep_partials(root: Path, older_than: datetime) -> int:
    """Those that no upload can go on with any more, even if nobody remembers it."""
    stale = [
        path
        for path in _partial(root).rglob("*")
        if path.is_file()
        and datetime.fromtimestamp(path.stat().st_mtime, UTC) < older_than - LONGEST
    ]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _opened(path: Path, *, new: bool) -> int:
    flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if new else 0)
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        if new:
            raise
        raise _lost() from None


def _partial(root: Path) -> Path:
    return root.resolve() / "partial"


def _lost() -> GrowthLost:
    return GrowthLost("The store does not hold what was sent any more; begin this upload again.")


def _no_direct_uploads() -> NoDirectUploads:
    return NoDirectUploads("Files are kept on this server's own disk here; send them with tus.")
