"""Byte streams for tests of stores."""

from collections.abc import AsyncIterator, Iterable


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def cut(chunks: Iterable[bytes], error: BaseException) -> AsyncIterator[bytes]:
    """A stream that breaks after its last chunk."""
    for chunk in chunks:
        yield chunk
    raise error


async def whole(content: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in content])
