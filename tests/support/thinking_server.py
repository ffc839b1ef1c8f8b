"""A small server that speaks OpenAI's protocol for chat, and behaves as badly as it is told."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from speaking_server import Reply

Asked = Mapping[str, Any]


def said(text: str | None, finish: str = "stop", tokens: tuple[int, int] = (11, 7)) -> Reply:
    """A completion with this text; `tokens` are what the server counts."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": finish,
    }
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    body = {"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}
    return Reply(body=body)


@dataclass
class ThinkingServer:
    """Answers from `replies` in turn, then as `think` does; counts as the one who is paid."""

    think: Callable[[Asked], Reply] = lambda _: said("{}")
    replies: deque[Reply] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    given: list[Reply] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def will(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    @property
    def tokens(self) -> tuple[int, int]:
        """Of all answers that went out whole."""
        usages = [
            reply.body["usage"]
            for reply in self.given
            if reply.status == 200 and not reply.cut and isinstance(reply.body, Mapping)
        ]
        asked = sum(usage["prompt_tokens"] for usage in usages)
        return asked, sum(usage.get("completion_tokens", 0) for usage in usages)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.partition("content-length:")[2].split("\r\n")[0] or 0)
                asked = json.loads(await reader.readexactly(length) or b"{}")
                self.asked.append(asked)
                reply = self.replies.popleft() if self.replies else self.think(asked)
                self.given.append(reply)
                await _write(writer, reply)
                if reply.cut:
                    break
        writer.close()


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    await asyncio.sleep(reply.stall)
    content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    lines = [f"HTTP/1.1 {reply.status} X", "content-type: application/json"]
    lines += [f"content-length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    writer.write(content[: len(content) // 2] if reply.cut else content)
    await writer.drain()


@asynccontextmanager
async def thinking_server() -> AsyncIterator[ThinkingServer]:
    thinker = ThinkingServer()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(thinker.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    thinker.port = server.sockets[0].getsockname()[1]
    try:
        yield thinker
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
