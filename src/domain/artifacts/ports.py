"""Where bytes live, and what we know of them."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from domain.artifacts.artifact import Artifact, ArtifactId
from domain.identity.access import WorkspaceId
from domain.kernel.errors import ChangedMeanwhile, Conflict, NotFound, Unavailable
from domain.kernel.pages import Page, PageRequest

LONGEST_LINK: Final = timedelta(seconds=300)


class BlobNotFound(NotFound):
    code = "artifacts.blob-not-found"


class BlobExists(Conflict):
    """Write-once was asked for and other bytes are already there."""

    code = "artifacts.blob-exists"


class StoreUnavailable(Unavailable):
    code = "artifacts.store-unavailable"


class StoreFull(Unavailable):
    code = "artifacts.store-full"


class BlobCondemned(ChangedMeanwhile):
    """The object is being removed just now: write it under another key."""

    code = "artifacts.blob-condemned"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobInfo:
    key: str
    size: int  # bytes
    sha256: str  # hex, of the stored bytes


class BlobStore(Protocol):
    """Keys are chosen by us (`domain.artifacts.keys`); a user's file name is never a path.

    Every method raises UnsafeKey for a key that could leave the store, StoreUnavailable when the
    store cannot be reached and StoreFull when it has no room.
    """

    @abstractmethod
    async def put(
        self, key: str, content: AsyncIterable[bytes], *, overwrite: bool = False
    ) -> BlobInfo:
        """Stream `content` to `key` with flat memory; all of it appears at once, or nothing.

        Putting the same bytes again is fine; other bytes raise BlobExists unless `overwrite`.
        """

    @abstractmethod
    def open(
        self, key: str, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Stream bytes from `start`, to the end or for `length`; past the end there are none.

        Raises BlobNotFound on the first chunk. Who stops early closes it (`aclosing`).
        """

    @abstractmethod
    async def head(self, key: str) -> BlobInfo | None:
        """What is there, or None. May have to read the object to know its checksum."""

    @abstractmethod
    async def size(self, key: str) -> int | None:
        """In bytes, without reading the object; None: it is not there."""

    @abstractmethod
    async def local_path(self, key: str) -> Path | None:
        """Where this machine can read it without a copy, or None: there is no such place.

        For readers only: whoever writes there breaks the store. Raises BlobNotFound.
        """

    @abstractmethod
    async def copy(self, source: str, target: str) -> BlobInfo:
        """Write-once like `put`. Raises BlobNotFound, BlobExists."""

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Deleting what is not there is fine."""

    @abstractmethod
    def list(self, prefix: str, *, older_than: datetime | None = None) -> AsyncIterator[str]:
        """Keys below a prefix that ends with a slash (or is empty), in no promised order.

        With `older_than`, only objects last written before that moment, for sweeping orphans.
        """

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
        """A URL that anyone may GET until `ttl` (at most 300 s), as an attachment of that name.

        It may be relative to our own origin. It does not say whether the object is there.
        """

    @abstractmethod
    async def sweep_unfinished(self, older_than: datetime) -> int:
        """Forget writes that began before then and never ended; answers how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFilter:
    kind: str | None = None
    job_id: UUID | None = None


class Artifacts(Protocol):
    @abstractmethod
    async def add(self, artifact: Artifact) -> None:
        """Record an artifact whose object is in the store; does not commit.

        Raises BlobCondemned when that object is being removed.
        """

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, artifact_id: ArtifactId) -> Artifact:
        """Raises ArtifactNotFound, also for one of another workspace, and ArtifactRemoved."""

    @abstractmethod
    async def page(
        self, workspace_id: WorkspaceId, request: PageRequest, *, matching: ArtifactFilter
    ) -> Page[Artifact]:
        """What is not removed, newest first, by (created_at, id)."""

    @abstractmethod
    async def find_content(self, workspace_id: WorkspaceId, sha256: str) -> BlobInfo | None:
        """A content-addressed object of this workspace with these bytes, if it may be shared."""
