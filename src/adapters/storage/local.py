"""Objects as files below one folder, through fsspec; for one machine."""

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from fsspec.implementations.local import LocalFileSystem

from adapters.storage.blocks import require_range
from adapters.storage.local_disk import disk, in_folder, sync_folders
from adapters.storage.local_growing import sweep_partials
from adapters.storage.signed_urls import UrlSigner
from domain.artifacts.keys import check_key, check_prefix
from domain.artifacts.ports import (
    BlobExists,
    BlobInfo,
    BlobNotFound,
    BlobStore,
)

BLOCK: Final = 1 << 20  # bytes between two hops to a thread


class LocalBlobStore(BlobStore):
    """`objects/` holds what is complete, `staging/` what is being written, on one file system."""

    def __init__(self, root: Path, signer: UrlSigner) -> None:
        self._files = LocalFileSystem(skip_instance_cache=True)
        self._objects = root.resolve() / "objects"
        self._staging = root.resolve() / "staging"
        self._root = root.resolve()
        self._signer = signer

    async def put(
        self, key: str, content: AsyncIterable[bytes], *, overwrite: bool = False
    ) -> BlobInfo:
        target = self._path(key)
        staged = self._staging / uuid4().hex
        try:
            info = await self._stage(key, staged, content)
            return await asyncio.to_thread(_publish, staged, target, info, overwrite=overwrite)
        finally:
            _discard(staged)

    async def open(
        self, key: str, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        require_range(start, length)
        file = await asyncio.to_thread(self._opened, self._path(key), start)
        try:
            left = length
            while left is None or left > 0:
                block = await asyncio.to_thread(
                    file.read, BLOCK if left is None else min(BLOCK, left)
                )
                if not block:
                    return
                yield block
                left = None if left is None else left - len(block)
        finally:
            file.close()

    async def head(self, key: str) -> BlobInfo | None:
        return await asyncio.to_thread(_described, key, self._path(key))

    async def size(self, key: str) -> int | None:
        return await asyncio.to_thread(_sized, self._path(key))

    async def local_path(self, key: str) -> Path | None:
        path = self._path(key)
        if await asyncio.to_thread(_sized, path) is None:
            raise BlobNotFound("The stored file is not there.")
        return path

    async def copy(self, source: str, target: str) -> BlobInfo:
        return await asyncio.to_thread(self._copied, source, target)

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._delete, self._path(key))

    async def list(self, prefix: str, *, older_than: datetime | None = None) -> AsyncIterator[str]:
        walk = self._walk(self._objects / check_prefix(prefix), older_than)
        while batch := await asyncio.to_thread(lambda: [*islice(walk, 500)]):
            for key in batch:
                yield key

    async def sign(
        self,
        key: str,
        *,
        file_name: str,
        media_type: str,
        ttl: timedelta,
        start: int = 0,
        length: int | None = None,
    ) -> str:
        return self._signer.url(
            key, file_name=file_name, media_type=media_type, ttl=ttl, start=start, length=length
        )

    async def sweep_unfinished(self, older_than: datetime) -> int:
        return await asyncio.to_thread(self._sweep_staging, older_than)

    def _path(self, key: str) -> Path:
        return self._objects / check_key(key)

    async def _stage(self, key: str, staged: Path, content: AsyncIterable[bytes]) -> BlobInfo:
        digest, size = hashlib.sha256(), 0
        file = await asyncio.to_thread(self._created, staged)
        try:
            held: list[bytes] = []
            room = BLOCK
            async for piece in content:
                held.append(piece)
                size += len(piece)
                room -= len(piece)
                if room <= 0:
                    await asyncio.to_thread(_append, file, digest, held)
                    held, room = [], BLOCK
            await asyncio.to_thread(_append, file, digest, held)
            await asyncio.to_thread(_sync, file)
        finally:
            with suppress(OSError):  # a full disk was already reported by the write
                file.close()
        return BlobInfo(key=key, size=size, sha256=digest.hexdigest())

    def _created(self, staged: Path) -> Any:
        with disk():
            staged.parent.mkdir(parents=True, exist_ok=True)
            return self._files.open(str(staged), "wb")

    def _opened(self, path: Path, start: int) -> Any:
        with disk():
            try:
                file = self._files.open(str(path), "rb")
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                raise BlobNotFound("The stored file is not there.") from error
            file.seek(start)
            return file

    def _copied(self, source: str, target: str) -> BlobInfo:
        """Objects never change, so two names may share one."""
        info = _described(source, self._path(source))
        if info is None:
            raise BlobNotFound("The stored file is not there.")
        staged = self._staging / uuid4().hex
        with disk():
            try:
                staged.parent.mkdir(parents=True, exist_ok=True)
                os.link(self._path(source), staged)
                copied = BlobInfo(key=target, size=info.size, sha256=info.sha256)
                return _publish(staged, self._path(target), copied, overwrite=False)
            finally:
                _discard(staged)

    def _delete(self, path: Path) -> None:
        with disk():
            with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                self._files.rm_file(str(path))
            with suppress(OSError):  # not empty, or somebody just wrote there: both fine
                while (path := path.parent) != self._objects:
                    path.rmdir()

    def _walk(self, folder: Path, older_than: datetime | None) -> Iterator[str]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(Path(entry.path), older_than)
            elif older_than is None or _written_at(entry) < older_than:
                yield Path(entry.path).relative_to(self._objects).as_posix()

    def _sweep_staging(self, older_than: datetime) -> int:
        with disk():
            self._staging.mkdir(parents=True, exist_ok=True)
            stale = [e for e in os.scandir(self._staging) if _written_at(e) < older_than]
            for entry in stale:
                _discard(Path(entry.path))
            return len(stale) + sweep_partials(self._root, older_than)


def _append(file: Any, digest: Any, pieces: Sequence[bytes]) -> None:
    for piece in pieces:
        with disk():
            file.write(piece)
        digest.update(piece)


def _sync(file: Any) -> None:
    with disk():
        file.flush()
        os.fsync(file.fileno())


def _publish(staged: Path, target: Path, info: BlobInfo, *, overwrite: bool) -> BlobInfo:
    """Give the complete file its name in one step, and make the name durable."""
    with disk():
        if overwrite:
            in_folder(target, lambda: os.replace(staged, target))  # noqa: PTH105
        else:
            try:
                in_folder(target, lambda: os.link(staged, target))
            except FileExistsError:
                return _same(target, info)
        sync_folders(target.parent)
    return info


def _same(target: Path, info: BlobInfo) -> BlobInfo:
    there = _described(info.key, target)
    if there != info:
        raise BlobExists("Another file is already stored under this key.")
    return info


def _described(key: str, path: Path) -> BlobInfo | None:
    with disk():
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
                return BlobInfo(key=key, size=file.tell(), sha256=digest.hexdigest())
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None


def _sized(path: Path) -> int | None:
    with disk():
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None


def _written_at(entry: os.DirEntry[str]) -> datetime:
    return datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, UTC)


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
