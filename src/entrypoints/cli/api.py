"""`atelier api`: serve the HTTP API."""

import socket

import click

from entrypoints.settings import Settings

_ALLOWED_TO_FINISH = 8  # seconds a request in flight has after a stop


@click.command(epilog="Example: atelier api")
@click.option("--fd", type=int, hidden=True, help="Serve this inherited socket.")
@click.option("--gate", type=int, hidden=True, help="Start when this pipe closes.")
def api(*, fd: int | None, gate: int | None) -> None:
    """Serve the HTTP API on ATELIER_HOST and ATELIER_PORT.

    Needs ATELIER_DATABASE_URL, ATELIER_REDIS_URL and the keys; `atelier up` brings them.
    """
    from entrypoints.telemetry import start_logging

    settings = Settings.from_environment()
    settings.require("database_url", "redis_url", "token_keys", "encryption_keys", "download_keys")
    start_logging(settings)
    _serve(settings, fd, gate)


def _serve(settings: Settings, fd: int | None, gate: int | None) -> None:
    import uvicorn

    from entrypoints.cli.gate import pass_through
    from entrypoints.http.app import create_app
    from entrypoints.http.auth import HttpAuth
    from entrypoints.wiring.container import build_container

    pass_through(gate)
    config = uvicorn.Config(
        create_app(build_container(settings, HttpAuth()), settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # query strings may carry tickets
        proxy_headers=False,  # only trusted proxies are believed, by the app itself
        server_header=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=_ALLOWED_TO_FINISH,
    )
    sockets = None if fd is None else [socket.socket(fileno=fd)]
    uvicorn.Server(config).run(sockets)
