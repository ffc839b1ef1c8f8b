"""An HTTP proxy that breaks chosen requests on purpose."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit


class Fault(Enum):
    REFUSE_500 = "the server says 500 and does nothing"
    REFUSE_503 = "the server says SlowDown and does nothing"
    LOSE_ANSWER = "the server does it, the answer never arrives"
    CUT_ANSWER = "the server does it, the answer breaks off in the middle"
    ERROR_IN_200 = "the server says 200 and puts an error into the body"
    NO_SUCH_UPLOAD = "the server says that it does not know the upload"
    FLIP_BIT = "one bit of the body changes on the way to the server"


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    head: bytes
    body: bytes

    def is_complete(self) -> bool:
        return self.method == "POST" and "uploadId=" in self.target

    def is_part(self) -> bool:
        return self.method == "PUT" and "partNumber=" in self.target


Plan = Callable[[Request], Fault | None]


@dataclass
class FaultyProxy:
    """`plan` is asked for every request; `seen` counts what came by."""

    backend: str
    plan: Plan = lambda _: None
    seen: list[Request] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await _read_request(reader, writer)
                self.seen.append(request)
                if not await self._answer(request, writer):
                    break
        writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        fault = self.plan(request)
        if fault in _CANNED:
            answer = _CANNED[fault]
        else:
            body = request.body
            if fault is Fault.FLIP_BIT:
                body = bytes([body[0] ^ 1]) + body[1:]
            answer = await self._forward(request.head, body)
        if fault is Fault.LOSE_ANSWER:
            return False
        if fault is Fault.CUT_ANSWER:
            answer = answer[: max(len(answer) * 2 // 3, len(answer) - 400_000)]
        writer.write(answer)
        await writer.drain()
        return False  # one request a connection keeps the proxy simple

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        where = urlsplit(self.backend)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    method, target, _ = lines[0].decode().split(" ")
    if any(line.lower().startswith(b"expect:") for line in lines):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = b"\r\n".join(line for line in lines if not line.lower().startswith(b"expect:"))
    sizes = [int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")]
    return Request(method, target, head, await reader.readexactly(sum(sizes)))


def _error(status: str, code: str) -> bytes:
    xml = f"<Error><Code>{code}</Code><Message>broken on purpose</Message></Error>"
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nConnection: close\r\n"
        f"Content-Length: {len(xml)}\r\n\r\n{xml}"
    ).encode()


_CANNED = {
    Fault.REFUSE_500: _error("500 Internal Server Error", "InternalError"),
    Fault.REFUSE_503: _error("503 Slow Down", "SlowDown"),
    Fault.ERROR_IN_200: _error("200 OK", "InternalError"),
    Fault.NO_SUCH_UPLOAD: _error("404 Not Found", "NoSuchUpload"),
}


@asynccontextmanager
async def faulty_proxy(backend: str) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(backend)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=1 << 20)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield proxy


def first(fault: Fault, times: int, of: Callable[[Request], bool]) -> Plan:
    """Break the first `times` of the chosen requests."""
    left = [fault] * times
    return lambda request: left.pop() if left and of(request) else None
