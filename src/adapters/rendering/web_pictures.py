"""Pictures by web address, fetched through the guarded client into a scratch folder."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.runtime.files import write_file
from adapters.runtime.safe_http import FetchTooLarge, FetchWrongType, SafeHttp
from domain.kernel.errors import DomainError

_TYPES: Final = frozenset(
    f"image/{kind}" for kind in ("png", "jpeg", "jpg", "gif", "webp", "bmp", "tiff")
)
_MAX_BYTES: Final = 10 << 20  # of one picture, as much as a row may hold in any other way
_MAX_TOTAL: Final = 1 << 30  # of all pictures of one shard
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Pictures:
    """The file of each address, or why there is none."""

    files: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class WebPictures:
    """`seconds` are for one picture; `patience` is for all that are asked for together."""

    http: SafeHttp
    seconds: float = 10.0

    async def fetch(self, addresses: Iterable[str], folder: Path, *, patience: float) -> Pictures:
        """Each address once. What cannot be fetched is told, and never an error."""
        found = Pictures()
        gate = asyncio.Semaphore(_AT_ONCE)
        until = asyncio.get_running_loop().time() + patience
        taken = 0

        async def one(number: int, address: str) -> None:
            nonlocal taken
            async with gate:
                left = until - asyncio.get_running_loop().time()
                if left <= 0 or taken > _MAX_TOTAL:
                    found.missing[address] = "it was not fetched: there are too many of them"
                    return
                name = f"web-{number}"
                reason = await self._fetched(address, folder / name, min(left, self.seconds))
                if reason:
                    found.missing[address] = reason
                    return
                found.files[address] = name
                taken += (folder / name).stat().st_size

        async with asyncio.TaskGroup() as group:
            for number, address in enumerate(sorted(set(addresses))):
                group.create_task(one(number, address))
        return found

    async def _fetched(self, address: str, path: Path, seconds: float) -> str:
        """The reason why it is not there; empty when it is."""
        try:
            async with self.http.get(
                address, accept=_TYPES, max_bytes=_MAX_BYTES, seconds=seconds
            ) as answer:
                await write_file(path, answer.chunks)
        except FetchWrongType as wrong:
            kind = wrong.facts.get("media_type") or "nothing that says what it is"
            return f"its address leads to no picture ({kind})"
        except FetchTooLarge:
            return f"it has more than {_MAX_BYTES >> 20} MB"
        except DomainError as error:
            return f"it could not be fetched: {error}"
        return ""
