"""Streams in blocks of a size that suits disks and networks."""

from collections.abc import AsyncIterable, AsyncIterator


async def in_blocks(content: AsyncIterable[bytes], size: int) -> AsyncIterator[bytes]:
    """The same bytes in blocks of exactly `size`, but for the last; an empty stream has none.

    Holds at most one block and one chunk of the source.
    """
    pending = bytearray()
    async for chunk in content:
        view = memoryview(chunk)
        while len(pending) + len(view) >= size:
            room = size - len(pending)
            yield bytes(pending) + view[:room]
            pending.clear()
            view = view[room:]
        pending += view
    if pending:
        yield bytes(pending)


def require_range(start: int, length: int | None) -> None:
    if start < 0 or (length is not None and length < 0):
        raise ValueError("A range starts at 0 or later and is not negative.")
