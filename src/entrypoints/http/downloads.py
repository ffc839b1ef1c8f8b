"""Send an object of the store, or a range of it, as a download: whole, or the part that is asked.

@get("/{thing_id:uuid}/document", operation_id="getDocument")
async def show(self, request: AnyRequest, store: FromDishka[BlobStore], …) -> Response[Any]:
    part = FilePart(key=shard.key, start=row.start, length=row.length, file_name=…, media_type=…)
    return await send_file(store, part, request)
"""

import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response
from litestar.openapi import ResponseSpec
from litestar.response import Stream

from domain.artifacts.media import served_as
from domain.artifacts.names import content_disposition
from domain.artifacts.ports import BlobNotFound, BlobStore
from entrypoints.http.problems import MEDIA_TYPE, problem_body

AnyRequest = Request[Any, Any, Any]
RANGES: Final = frozenset({416})  # `opt={"refusals": RANGES}` describes the refusal
PARTIAL: Final = {206: ResponseSpec(data_container=bytes, description="The range you asked for.")}

_ONE_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_HARMLESS: Final = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """`length` bytes of an object from `start` (None: to its end), offered as one file."""

    key: str
    file_name: str
    media_type: str
    start: int = 0
    length: int | None = None


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes `start` up to, not including, `stop` of what is offered."""

    start: int
    stop: int
    is_part: bool = False  # the caller asked for a range

    @property
    def length(self) -> int:
        return self.stop - self.start


async def send_file(store: BlobStore, part: FilePart, request: AnyRequest) -> Response[Any]:
    """200 with everything, 206 with the one range the caller wants, or 416; memory stays flat.

    The type is one of our list, and nothing of it can run in a browser. Answers HEAD as well.
    Raises BlobNotFound before anything is sent.
    """
    whole = await _offered(store, part)
    headers = _HARMLESS | {
        "Content-Disposition": content_disposition(part.file_name),
        "Content-Type": served_as(part.media_type),  # the handler's own would win over an argument
        "ETag": _etag(part),
    }
    asked = _asked(request, whole.length, headers["ETag"])
    if asked is None:
        return _unsatisfiable(whole.length)
    if asked.is_part:
        headers["Content-Range"] = f"bytes {asked.start}-{asked.stop - 1}/{whole.length}"
    headers["Content-Length"] = str(asked.length)
    content = _chunks()
    if request.method != "HEAD" and asked.length:
        source = store.open(part.key, start=part.start + asked.start, length=asked.length)
        content = _begun(await anext(source), source)
    return Stream(content, status_code=206 if asked.is_part else 200, headers=headers)


def _unsatisfiable(size: int) -> Response[bytes]:
    said = f"This file has {size} bytes, and none in the range you asked for."
    return Response(
        problem_body(416, "http.range-not-satisfiable", said),
        status_code=416,
        media_type=MEDIA_TYPE,
        headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
    )


async def _offered(store: BlobStore, part: FilePart) -> _Span:
    size = await store.size(part.key)
    if size is None:
        raise BlobNotFound("This file is not there any more.")
    left = max(size - part.start, 0)
    return _Span(0, left if part.length is None else min(part.length, left))


def _asked(request: AnyRequest, size: int, etag: str) -> _Span | None:
    """One satisfiable range, or everything for headers we need not follow; None: none of it."""
    wanted = _ONE_RANGE.fullmatch(request.headers.get("range", ""))
    condition = request.headers.get("if-range", etag)
    if wanted is None or wanted.group() == "bytes=-" or condition != etag:
        return _Span(0, size)
    first, last = wanted.groups()
    if not first:
        span = _Span(max(size - int(last), 0), size, is_part=True)
    else:
        span = _Span(int(first), min(int(last) + 1, size) if last else size, is_part=True)
        if last and int(last) < int(first):
            return _Span(0, size)
    return span if span.length > 0 else None


def _etag(part: FilePart) -> str:
    """Objects never change, so their name and the range say it all."""
    name = f"{part.key}\0{part.start}\0{part.length}".encode()
    return f'"{hashlib.sha256(name).hexdigest()[:32]}"'


async def _begun(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """The first bytes are here already: a missing object was told before any header was sent."""
    async with aclosing(rest):  # also when the caller goes away in the middle
        yield first
        async for chunk in rest:
            yield chunk


async def _chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
