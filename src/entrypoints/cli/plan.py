"""What `atelier up` runs: our own services where none are named, then the API and the workers."""

import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

import psycopg

from adapters.embedded.folder import State
from adapters.embedded.processes import Running
from adapters.embedded.services import DATABASE_SETTINGS, EmbeddedServices
from adapters.embedded.supervisor import Service
from entrypoints.settings import Settings
from entrypoints.variables import variable

DATABASE: Final = "atelier"
_KNOCK_AT: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - we only listen where told
_WAIT_FOR_AN_ANSWER: Final = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`listener` is the API's open socket; `gate` a pipe, its end closed when all may start."""

    settings: Settings
    services: EmbeddedServices
    sockets: Path
    listener: socket.socket
    gate: tuple[int, int] = field(default_factory=os.pipe)

    @classmethod
    def of(cls, settings: Settings, sockets: Path, listener: socket.socket) -> "Plan":
        """Raises BadSetting when only some of the database URLs are given."""
        if any(getattr(settings, name) for name in DATABASE_SETTINGS):
            settings.require(*DATABASE_SETTINGS)
        services = EmbeddedServices.at(
            settings.data_dir,
            sockets,
            postgres=not settings.database_url,
            valkey=not settings.redis_url,
        )
        return cls(settings, services, sockets, listener)

    def environment(self) -> dict[str, str]:
        """What our services add to the environment of whoever wants to use them."""
        values = self.services.settings(DATABASE)
        values["public_url"] = self.settings.public_url
        files = {
            f"{variable(name)}_FILE": str(path)
            for name, path in self.services.key_files().items()
            if not getattr(self.settings, name)
        }
        return {variable(name): value for name, value in values.items()} | files

    def processes(self) -> tuple[Service, ...]:
        """The API and the workers; they load at once and wait at the gate."""
        environment = {**os.environ, **self.environment()}
        fd, gate = self.listener.fileno(), self.gate[0]
        api = Service(
            name="api",
            command=_command("api", "--fd", str(fd), "--gate", str(gate)),
            answers=self._api_answers,
            environment=environment,
            descriptors=(fd, gate),
            stop_patience=12,
        )
        workers = (
            self._worker(f"worker-{number}", environment)
            for number in range(1, self.settings.workers + 1)
        )
        return (api, *workers)

    def _worker(self, name: str, environment: Mapping[str, str]) -> Service:
        """Ready once the database has heard of it. One port is for one process: `up` gives none."""
        gate, ready = self.gate[0], self.sockets / f"{name}.ready"
        alone = {variable("worker_metrics_port"): "0"} if self.settings.workers > 1 else {}
        return Service(
            name=name,
            command=_command("worker", "--gate", str(gate), "--ready", str(ready)),
            answers=ready.exists,
            environment={**environment, **alone},
            descriptors=(gate,),
            stop_patience=35,  # jobs may end, the rest is handed back, the pools close: 10 s each
            before=partial(_not_ready, ready),
        )

    def is_fresh(self) -> bool | None:
        """Has nobody registered yet? None where the database is not ours to look into."""
        if self.services.postgres is None:
            return None
        url = self.services.postgres.url(DATABASE)
        with psycopg.connect(url) as connection:
            return connection.execute("SELECT FROM users LIMIT 1").fetchone() is None

    def state(self, children: Mapping[str, Running]) -> State:
        return State(
            supervisor=Running.ourselves(),
            sockets=str(self.sockets),
            address=self.settings.public_url,
            environment=self.environment(),
            children=children,
        )

    def _api_answers(self) -> bool:
        """Whatever it says about itself, short of an error of its own or of what it needs."""
        host, port = self.listener.getsockname()[:2]
        connection = HTTPConnection(_KNOCK_AT.get(host, host), port, timeout=_WAIT_FOR_AN_ANSWER)
        ours = {"Host": self.settings.allowed_hosts[0]} if self.settings.allowed_hosts else {}
        with suppress(OSError, HTTPException), closing(connection):
            connection.request("GET", "/health/ready", headers=ours)
            return connection.getresponse().status < 500  # noqa: PLR2004
        return False


def _not_ready(sign: Path) -> None:
    """The folder is there already where services of ours have their sockets in it."""
    sign.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    sign.unlink(missing_ok=True)


def _command(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "entrypoints.cli", *arguments)
