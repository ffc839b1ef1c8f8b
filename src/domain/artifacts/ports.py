"""Where bytes live. Keys are chosen by us; a user's file name is metadata, never a path."""

from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.kernel.errors import Conflict, NotFound


class BlobNotFound(NotFound):
    code = "artifacts.blob-not-found"


class BlobExists(Conflict):
    """Write-once was asked for and other bytes are already there."""

    code = "artifacts.blob-exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobInfo:
    key: str
    size: int  # bytes
    sha256: str  # hex, of the stored bytes


class BlobStore(Protocol):
    """Raises Unavailable when the store cannot be reached."""

    @abstractmethod
    async def put(
        self, key: str, content: AsyncIterable[bytes], *, overwrite: bool = False
    ) -> BlobInfo:
        """Stream `content` to `key` with flat memory; all of it appears at once, or nothing.

        Putting the same bytes again is fine; other bytes raise BlobExists unless `overwrite`.
        """

    @abstractmethod
    def open(self, key: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Stream bytes from `start`. Raises BlobNotFound on the first chunk."""

    @abstractmethod
    async def head(self, key: str) -> BlobInfo | None: ...

    @abstractmethod
    async def copy(self, source: str, target: str) -> BlobInfo: ...

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Deleting what is not there is fine."""

    @abstractmethod
    def list(self, prefix: str) -> AsyncIterator[str]:
        """Keys under a prefix, for sweeping orphans."""

    @abstractmethod
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
        """A URL that anyone may GET until `ttl` (at most 300 s), as an attachment of that name."""
