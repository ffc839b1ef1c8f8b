"""Somebody outside whom jobs call: refuses some calls, swallows answers after acting on others.

Run as a process: `python -m entrypoints.cli.soaking.liar SOCKET POSTS SEED`. What it did is what
the file POSTS says, a key a line. JSON lines on a private socket; `find` is exact.
"""

import asyncio
import json
import random
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import TextIOBase
from pathlib import Path
from typing import Any, Final

from domain.jobs.outcome import Refused, Retry

REFUSED: Final = 0.04  # and says so
HUNG_UP: Final = 0.06  # also refused, but without a word
SILENT: Final = 0.11  # accepted, then silence
RESET: Final = 0.14  # accepted, then the line breaks
SLOWEST: Final = 0.1  # seconds from a request to its effect
PATIENCE: Final = 1.0  # seconds a caller waits
SETTLE: Final = 3.0  # seconds after which a request must have had its effect, if it has one
_AGAIN: Final = 0.5


@dataclass(slots=True)
class Liar:
    posts: TextIOBase
    chance: random.Random
    _numbers: dict[str, int] = field(default_factory=dict)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        while line := await reader.readline():
            word, key = json.loads(line)
            answer = self._found(key) if word == "find" else await self._post(key)
            if answer is None:
                writer.transport.abort()
                return
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _post(self, key: str) -> dict[str, Any] | None:
        """None: the line goes dead."""
        luck = self.chance.random()
        if luck < HUNG_UP:
            return {"refused": True} if luck < REFUSED else None
        await asyncio.sleep(self.chance.uniform(0, SLOWEST))
        self._numbers.setdefault(key, len(self._numbers))
        self.posts.write(f"{key}\n")
        self.posts.flush()
        if luck < SILENT:
            await asyncio.sleep(3 * PATIENCE)
        return None if luck < RESET else self._found(key)

    def _found(self, key: str) -> dict[str, Any]:
        return {"number": self._numbers.get(key)}


@dataclass(frozen=True, slots=True)
class Line:
    """An open line to the liar, as a handler uses it."""

    reader: StreamReader
    writer: StreamWriter

    async def post(self, key: str) -> int:
        """Raises Refused where it certainly did nothing, Retry where nobody can tell."""
        answer = await self._ask("post", key)
        if answer.get("refused"):
            raise Refused(Retry(_AGAIN))
        return int(answer["number"])

    async def find(self, key: str) -> int | None:
        number: int | None = (await self._ask("find", key))["number"]
        return number

    async def _ask(self, word: str, key: str) -> dict[str, Any]:
        """Writes before it waits: nothing comes between the last proof and the wire."""
        self.writer.write(json.dumps([word, key]).encode() + b"\n")
        try:
            async with asyncio.timeout(PATIENCE):
                said = await self.reader.readline()
        except (OSError, TimeoutError):
            said = b""
        if not said:
            raise Retry(_AGAIN)
        answer: dict[str, Any] = json.loads(said)
        return answer


@dataclass(frozen=True, slots=True)
class Telephone:
    """Where the liar listens."""

    socket: Path

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        try:
            reader, writer = await asyncio.open_unix_connection(self.socket)
        except OSError as error:
            raise Retry(_AGAIN) from error
        try:
            yield Line(reader, writer)
        finally:
            writer.close()


async def listen(socket: Path, posts: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - luck, not a secret
    with posts.open("a") as file:
        server = await asyncio.start_unix_server(Liar(file, chance).serve, socket)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(listen(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
