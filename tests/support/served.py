"""An application on a real port, for what needs one: WebSockets, clients of other makers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The test runner's signals stay the test runner's."""
        yield


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Answers `host:port`. The application's lifespan is not run."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        host, port = listener.getsockname()
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        yield f"{host}:{port}"
        server.should_exit = True
        await serving
