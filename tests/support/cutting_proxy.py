"""A TCP proxy that cuts lines: every so many bytes from a client, without a word to either side."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_READ = 1 << 16


@dataclass
class CuttingProxy:
    """`patience()` says how many bytes of a client's the next line carries; `cuts` counts."""

    host: str
    port: int
    patience: Callable[[], int]
    cuts: int = 0
    url: str = ""
    lines: set["asyncio.Task[None]"] = field(default_factory=set)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._serve(reader, writer))
        self.lines.add(line)
        line.add_done_callback(self.lines.discard)

    async def end(self) -> None:
        for line in tuple(self.lines):
            line.cancel()
        await asyncio.gather(*self.lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, back = None, writer
        with suppress(ConnectionError):
            try:
                there, back = await asyncio.open_connection(self.host, self.port)
                answers = asyncio.create_task(_pass(there, writer))
                await self._carry(reader, back)
            finally:
                if answers is not None:
                    answers.cancel()
                    await asyncio.gather(answers, return_exceptions=True)
                for end in (writer, back):
                    end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        left = self.patience()
        while left > 0:
            chunk = await reader.read(min(_READ, left))
            if not chunk:
                return
            left -= len(chunk)
            back.write(chunk)
            await back.drain()
        self.cuts += 1


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(_READ):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def cutting_proxy(address: str, patience: Callable[[], int]) -> AsyncIterator[CuttingProxy]:
    host, _, port = address.rpartition(":")
    proxy = CuttingProxy(host, int(port), patience)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        try:
            yield proxy
        finally:
            await proxy.end()
