"""What tus 1.0.0 says on the wire: versions, headers, and bodies that arrive as they arrive."""

import asyncio
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from application.artifacts.receive_piece import SenderGone
from domain.artifacts.checksums import ALGORITHMS
from domain.artifacts.upload import LEASE
from domain.kernel.errors import Invalid, Malformed, PreconditionFailed

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,expiration,checksum,termination"
PIECE: Final = "application/offset+octet-stream"
SENT: Final = (
    *("Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata", "Upload-Checksum"),
    *("Upload-Defer-Length", "X-HTTP-Method-Override", "X-Requested-With", "X-Request-Id"),
)
EXPOSED: Final = (
    *("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
    *("Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires", "Upload-Artifact"),
)
LONGEST_METADATA: Final = 4096  # characters
_SPEAKS: Final = ((b"tus-resumable", VERSION.encode()),)
_COUNT: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_KEY: Final = re.compile(r"[!-+\--~]+", re.ASCII)  # visible, no comma
_PATH: Final = "/v1/uploads"
_OVERRIDES: Final = frozenset({"PATCH", "DELETE", "HEAD"})

AnyRequest = Request[Any, Any, Any]


class WrongTusVersion(PreconditionFailed):
    """Facts: `supported`."""

    code = "artifacts.wrong-tus-version"


class BadUploadHeader(Malformed):
    """Facts: `header`."""

    code = "artifacts.bad-upload-header"


class LengthRequired(Invalid):
    code = "artifacts.length-required"


async def speaks_tus(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """A guard: every answer names the version we speak, and every request must."""
    scope: Any = connection.scope
    scope["protocol_headers"] = _SPEAKS
    if handler.opt.get("tus") and connection.headers.get("tus-resumable") != VERSION:
        scope["protocol_headers"] = (*_SPEAKS, (b"tus-version", VERSION.encode()))
        raise WrongTusVersion(
            f"Send Tus-Resumable: {VERSION}; that is the version spoken here.", supported=VERSION
        )


def count(header: str, value: str | None) -> int:
    """A number of bytes. Raises BadUploadHeader."""
    if value is None or not _COUNT.fullmatch(value):
        raise BadUploadHeader(f"{header} is a number of bytes, in digits.", header=header)
    return int(value)


def length_of(request: AnyRequest) -> int:
    """Raises LengthRequired: room is reserved for the whole file, so its length comes first."""
    if "upload-defer-length" in request.headers:
        raise LengthRequired("Send Upload-Length; it cannot be told later here.")
    return count("Upload-Length", request.headers.get("upload-length"))


def metadata_of(header: str) -> Mapping[str, str]:
    """`filename d29ybGQ=,is_confidential`. Raises BadUploadHeader."""
    found: dict[str, str] = {}
    if len(header) > LONGEST_METADATA:
        raise _bad_metadata()
    for pair in header.split(",") if header.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        try:
            value = b64decode(encoded.strip(), validate=True).decode()
        except (NotBase64, ValueError):
            raise _bad_metadata() from None
        if key in found or not _KEY.fullmatch(key):
            raise _bad_metadata()
        found[key] = value
    return found


def require_piece(request: AnyRequest) -> None:
    if request.content_type[0] != PIECE:
        raise HTTPException(status_code=415, detail=f"Send the bytes as {PIECE}.")


def announced(request: AnyRequest) -> int | None:
    """How many bytes the body has, where the sender says so."""
    size = request.headers.get("content-length")
    return None if size is None else count("Content-Length", size)


async def body_of(request: AnyRequest) -> AsyncIterator[bytes]:
    """As it comes. Raises SenderGone when the line breaks, or is silent as long as a lease."""
    while True:
        try:
            async with asyncio.timeout(LEASE.total_seconds()):
                message: Any = await request.receive()
        except TimeoutError:
            raise SenderGone from None
        if message["type"] == "http.disconnect":
            raise SenderGone
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


class TusEdge:
    """What the router cannot do: OPTIONS of our own, and methods named by senders that only POST.

    A browser's preflight is not for us.
    """

    def __init__(self, app: Callable[[Any, Any, Any], Awaitable[None]], most: int) -> None:
        self._app = app
        self._spoken = [
            (b"tus-resumable", VERSION.encode()),
            (b"tus-version", VERSION.encode()),
            (b"tus-extension", EXTENSIONS.encode()),
            (b"tus-max-size", b"%d" % most),
            (b"tus-checksum-algorithm", ",".join(ALGORITHMS).encode()),
        ]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_PATH):
            headers = dict(scope["headers"])
            if scope["method"] == "OPTIONS" and b"access-control-request-method" not in headers:
                await self._describe(send)
                return
            meant = headers.get(b"x-http-method-override", b"").decode("latin-1").upper()
            if scope["method"] == "POST" and meant in _OVERRIDES:
                scope = {**scope, "method": meant}
        await self._app(scope, receive, send)

    async def _describe(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": self._spoken})
        await send({"type": "http.response.body", "body": b""})


def _bad_metadata() -> BadUploadHeader:
    return BadUploadHeader(
        "Upload-Metadata is a list of keys with values in base64, with commas between them,"
        f" each key once, of at most {LONGEST_METADATA} characters.",
        header="Upload-Metadata",
    )
