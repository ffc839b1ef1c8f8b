"""What a worker tells its surroundings: metrics and health over HTTP, readiness as a file."""

import asyncio
import hmac
import ipaddress
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

_PATIENCE_S: Final = 5.0
_MOST_HEADERS: Final = 64
_LOOK_S: Final = 0.02
Answer = tuple[HTTPStatus, str, bytes]


@asynccontextmanager
async def status_port(
    host: str, port: int, token: str, is_alive: Callable[[], bool]
) -> AsyncIterator[None]:
    """`/metrics` and `/health/live`, from the worker's own loop: a loop that hangs does not answer.

    Port 0: none. Metrics need `token`, or without one a caller on this machine.
    """
    if not port:
        yield
        return

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(_PATIENCE_S):
                path, given = await _request(reader)
                may_read = _may_read(writer.get_extra_info("peername")[0], given, token)
                writer.write(_response(*_answer(path, may_read=may_read, is_alive=is_alive)))
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, host, port):
        yield


async def touch_when(path: Path | None, is_alive: Callable[[], bool]) -> None:
    """The supervisor takes the file for "ready"."""
    while path is not None and not is_alive():  # noqa: ASYNC110 - nobody rings for this
        await asyncio.sleep(_LOOK_S)
    if path is not None:
        path.touch()  # noqa: ASYNC240 - an empty file beside the sockets
    await asyncio.Event().wait()  # like the other parts of a worker, never ends by itself


def alive(reported_at: Callable[[], float], patience: float) -> Callable[[], bool]:
    return lambda: time.monotonic() - reported_at() < patience


async def _request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Path and Authorization. Raises ValueError for what is no request."""
    _, path, _ = (await reader.readline()).decode("latin-1").split(" ", 2)
    given = ""
    for _ in range(_MOST_HEADERS):
        name, _, value = (await reader.readline()).decode("latin-1").partition(":")
        if not name.strip():
            break
        if name.lower() == "authorization":
            given = value.strip()
    return path.partition("?")[0], given


def _may_read(address: str, given: str, token: str) -> bool:
    if token:
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _answer(path: str, *, may_read: bool, is_alive: Callable[[], bool]) -> Answer:
    if path == "/health/live":
        status = HTTPStatus.OK if is_alive() else HTTPStatus.SERVICE_UNAVAILABLE
        return status, "text/plain", status.phrase.encode()
    if path == "/metrics" and may_read:
        return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest()
    return HTTPStatus.NOT_FOUND, "text/plain", b"There is nothing at this address."


def _response(status: HTTPStatus, media_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
