"""The socket the API is served on, opened before anything is started."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.embedded.processes import listener
from domain.kernel.errors import Unavailable
from entrypoints.settings import Settings

_BACKLOG = 2048


class PortTaken(Unavailable):
    """Facts: `port`, `by` (empty when the machine does not tell)."""

    code = "cli.port-taken"


class AddressRefused(Unavailable):
    code = "cli.address-refused"


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """It listens at once, so callers wait instead of failing while the API loads or restarts."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((settings.host, settings.port))
        except OSError as error:
            raise _refused(settings, error) from error
        opened.listen(_BACKLOG)
        yield opened


def _refused(settings: Settings, error: OSError) -> Unavailable:
    if error.errno == errno.EADDRINUSE:
        by = listener(settings.port)
        return PortTaken(
            f"Port {settings.port} is taken{f' by {by}' if by else ''};"
            " name another one in ATELIER_PORT.",
            port=settings.port,
            by=by,
        )
    if error.errno == errno.EACCES:
        why = f"port {settings.port} is for root only"
    else:
        why = error.strerror or str(error)
    return AddressRefused(
        f"Cannot listen on {settings.host}:{settings.port}: {why};"
        " see ATELIER_HOST and ATELIER_PORT."
    )
