"""Files of a scratch folder as streams, read and written away from the event loop."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Final

from domain.kernel.errors import DomainError

BLOCK: Final = 1 << 20


async def write_file(
    path: Path,
    content: AsyncIterable[bytes],
    *,
    limit: int | None = None,
    error: DomainError | None = None,
) -> int:
    """Bytes written; raises `error` before more than `limit` of them are."""
    size = 0
    with path.open("wb") as file:
        async for block in content:
            size += len(block)
            if limit is not None and size > limit and error is not None:
                raise error
            await asyncio.to_thread(file.write, block)
    return size


async def read_file(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, BLOCK):
            yield block
