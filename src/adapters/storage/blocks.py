"""Streams in blocks of a size that suits disks and networks."""

from collections.abc import AsyncIterable, AsyncIterator


async def in_blocks(content: AsyncIterable[bytes], size: int) -> AsyncIterator[bytes]:
    """The same bytes in blocks of exactly `size`, but for the last; an empty stream has none.

    Holds at most one block and one chunk of the source.
    """
    pieces: list[memoryview] = []
    room = size
    async for chunk in content:
        view = memoryview(chunk)
        while len(view) >= room:
            yield b"".join([*pieces, view[:room]])
            view, pieces, room = view[room:], [], size
        if view:
            pieces.append(view)
            room -= len(view)
    if pieces:
        yield b"".join(pieces)


def require_range(start: int, length: int | None) -> None:
    if start < 0 or (length is not None and length < 0):
        raise ValueError("A range starts at 0 or later and is not negative.")


async def chain(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What was read ahead, then the rest."""
    yield first
    yield second
    async for block in rest:
        yield block
