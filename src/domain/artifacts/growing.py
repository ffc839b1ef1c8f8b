"""Objects that arrive in pieces, over hours and restarts, and appear whole at the end."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from domain.kernel.errors import Conflict

LINK_LIFE: Final = timedelta(seconds=300)


class GrowthLost(Conflict):
    """The store has forgotten what it held, or holds other bytes: the sender begins again."""

    code = "artifacts.upload-lost"


class NoDirectUploads(Conflict):
    """Files are kept on this server's own disk; send them with tus."""

    code = "artifacts.no-direct-uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthPart:
    """A part the store keeps; `mark` is its checksum as the store writes it, if it has one."""

    number: int
    size: int
    etag: str
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What is safe of an object under way, in the store's own words; kept with its upload.

    The first `size` of `total` bytes are there. `tail` names what is too short to be a part.
    """

    key: str = ""
    total: int = 0
    size: int = 0
    store_id: str = ""
    part_size: int = 0
    parts: tuple[GrowthPart, ...] = ()
    tail: str = ""
    stale: str = ""  # a tail that no longer counts


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLink:
    """PUT exactly `size` bytes there before `expires_in` seconds are over."""

    number: int
    offset: int
    size: int
    url: str
    expires_in: int


class GrowingBlobs(Protocol):
    """One writer at a time is the caller's business; where the store can tell, it refuses two.

    Every method raises UnsafeKey, StoreUnavailable and StoreFull like `BlobStore`.
    """

    @abstractmethod
    async def begin(self, key: str, total: int, *, direct: bool = False) -> Growth:
        """`direct`: senders write the parts themselves. Raises NoDirectUploads."""

    @abstractmethod
    def append(self, growth: Growth, content: AsyncIterable[bytes]) -> AsyncGenerator[Growth, None]:
        """Write behind the first `growth.size` bytes; what was there beyond them is forgotten.

        Yields each time more is safe, however the process ends from there on: now and then, and
        when the content is over. Flat memory. What a caller does not record never happened.
        Raises UploadLocked when another writer is at it, GrowthLost.
        """

    @abstractmethod
    async def finish(self, growth: Growth) -> None:
        """All of it is there: the object appears under its key. Finishing again is fine.

        Raises GrowthLost, also when the store put other bytes together than were sent.
        """

    @abstractmethod
    async def abort(self, growth: Growth) -> None:
        """Nothing of it stays; aborting again, or what was finished, is fine."""

    @abstractmethod
    async def links(self, growth: Growth, numbers: Sequence[int]) -> tuple[PartLink, ...]:
        """Addresses anyone may PUT a part to; again and again if asked. Raises NoDirectUploads."""

    @abstractmethod
    async def received(self, growth: Growth) -> Growth:
        """With the parts that senders have written so far. Raises NoDirectUploads, GrowthLost."""
