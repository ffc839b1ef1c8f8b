"""A small server that speaks OpenAI's protocol for speech, and behaves as badly as it is told."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

VERBOSE: Mapping[str, Any] = {
    "task": "transcribe",
    "language": "english",
    "duration": 2.0,
    "text": "Good morning. We begin.",
    "segments": [
        {"id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": " Good morning.", "tokens": [],
         "temperature": 0.0, "avg_logprob": -0.2, "compression_ratio": 0.9, "no_speech_prob": 0.01},
        {"id": 1, "seek": 0, "start": 1.0, "end": 2.0, "text": " We begin.", "tokens": [],
         "temperature": 0.0, "avg_logprob": -0.3, "compression_ratio": 0.9, "no_speech_prob": 0.02},
    ],
    "words": [
        {"word": "Good", "start": 0.1, "end": 0.4}, {"word": "morning.", "start": 0.4, "end": 0.9},
        {"word": "We", "start": 1.1, "end": 1.3}, {"word": "begin.", "start": 1.3, "end": 1.8},
    ],
    "usage": {"type": "duration", "seconds": 2},
}  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """`stall` waits before anything is said; `cut` breaks off in the middle of the body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stall: float = 0.0
    cut: bool = False


@dataclass
class SpeakingServer:
    """Answers from `replies` in turn, then with VERBOSE; counts as the one who is paid."""

    replies: deque[Reply] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def will(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(_header(head, "content-length") or 0)
                body = await reader.readexactly(length)
                self.asked.append(_form(_header(head, "content-type") or "", body))
                reply = self.replies.popleft() if self.replies else Reply()
                if not await self._reply(writer, reply):
                    break
        writer.close()

    async def _reply(self, writer: asyncio.StreamWriter, reply: Reply) -> bool:
        await asyncio.sleep(reply.stall)
        said = VERBOSE if reply.body is None else reply.body
        if reply.status == 200 and isinstance(said, Mapping) and not reply.cut:
            self.seconds += (said.get("usage") or {}).get("seconds", 0)
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        lines = [f"HTTP/1.1 {reply.status} X", "content-type: application/json"]
        lines += [f"content-length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        writer.write(content[: len(content) // 2] if reply.cut else content)
        await writer.drain()
        return not reply.cut


def _header(head: bytes, name: str) -> str | None:
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return None


def _form(media_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a multipart form; a file is its bytes."""
    whole = f"content-type: {media_type}\r\n\r\n".encode() + body
    found: dict[str, Any] = {}
    for part in BytesParser(policy=HTTP).parsebytes(whole).iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if part.get_filename():
            found[name] = content
        else:
            found.setdefault(name, []).append(content.decode())
    return found


@asynccontextmanager
async def speaking_server() -> AsyncIterator[SpeakingServer]:
    speaker = SpeakingServer()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(speaker.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    speaker.port = server.sockets[0].getsockname()[1]
    try:
        yield speaker
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
