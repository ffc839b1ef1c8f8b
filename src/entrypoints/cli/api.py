"""`atelier api`: serve the HTTP API."""

import socket

import click

from entrypoints.settings import Settings

_GRACE = 10  # seconds a request under way has after a stop


@click.command(epilog="Example: atelier api")
@click.option("--fd", type=int, hidden=True, help="Serve this inherited socket.")
@click.option("--gate", type=int, hidden=True, help="Start when this pipe closes.")
def api(*, fd: int | None, gate: int | None) -> None:
    """Serve the HTTP API on ATELIER_HOST and ATELIER_PORT.

    Needs ATELIER_DATABASE_URL, ATELIER_REDIS_URL and the keys; `atelier up` brings them.
    """
    settings = Settings.from_environment()
    settings.require("database_url", "redis_url", "token_keys", "download_keys")
    _serve(settings, None if fd is None else [socket.socket(fileno=fd)], gate)


def _serve(settings: Settings, sockets: list[socket.socket] | None, gate: int | None) -> None:
    """The edge itself decides whose X-Forwarded-For counts, logs requests and names no server."""
    import uvicorn

    from entrypoints.cli.gate import pass_through
    from entrypoints.cli.machine import tell_what_is_missing
    from entrypoints.http.app import create_app
    from entrypoints.http.auth import HttpAuth
    from entrypoints.telemetry import start_logging
    from entrypoints.wiring.container import build_container

    start_logging(settings)
    tell_what_is_missing()
    app = create_app(build_container(settings, HttpAuth()), settings)
    pass_through(gate)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_GRACE,
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        h11_max_incomplete_event_size=32 * 1024,
    )
    uvicorn.Server(config).run(sockets)
