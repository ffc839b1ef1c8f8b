"""Serve the API with uvicorn; the way `atelier api` does it."""

from pathlib import Path
from typing import Final

import uvicorn

from entrypoints.http.app import create_app
from entrypoints.http.auth import HttpAuth
from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging
from entrypoints.wiring.container import build_container

_GRACE_S: Final = 10


def serve(settings: Settings, *, socket: Path | None = None) -> None:
    """Until SIGTERM or SIGINT; requests under way get ten seconds to finish.

    The edge itself decides whose X-Forwarded-For counts, logs requests and names no server.
    """
    start_logging(settings)
    app = create_app(build_container(settings, HttpAuth()), settings)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        uds=None if socket is None else str(socket),
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_GRACE_S,
        ws_max_size=64 * 1024,
        h11_max_incomplete_event_size=32 * 1024,
    )
