"""The services we bring along where none are named: PostgreSQL, Valkey and keys."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.embedded.keys import keys_in
from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.supervisor import Service
from adapters.embedded.valkey import ValkeyServer

_ROLES: Final = {
    "database_url": "atelier_app",
    "worker_database_url": "atelier_worker",
    "migration_database_url": "postgres",
}


@dataclass(frozen=True, slots=True)
class EmbeddedServices:
    root: Path
    postgres: PostgresCluster | None
    valkey: ValkeyServer | None

    @classmethod
    def at(
        cls,
        root: Path,
        sockets: Path,
        *,
        postgres: bool = True,
        valkey: bool = True,
        fsync: bool = True,
    ) -> "EmbeddedServices":
        """Below `root`, with their sockets in `sockets`; what is not wanted is None."""
        copies = root / "programs"
        return cls(
            root,
            PostgresCluster.at(root / "postgres", sockets, copies=copies, fsync=fsync)
            if postgres
            else None,
            ValkeyServer.at(root / "valkey", sockets, copies) if valkey else None,
        )

    def initialise(self) -> None:
        for service in (self.postgres, self.valkey):
            if service is not None:
                service.initialise()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Started by us, in this process's care, and stopped at the end."""
        self.initialise()
        try:
            for service in (self.postgres, self.valkey):
                if service is not None:
                    service.start()
            yield
        finally:
            if self.valkey is not None:
                self.valkey.stop()
            if self.postgres is not None and self.postgres.is_running():
                self.postgres.stop()

    def supervised(self) -> tuple[Service, ...]:
        """The same, for a supervisor to start."""
        services = []
        if (postgres := self.postgres) is not None:
            services.append(
                Service(
                    name="postgres",
                    command=tuple(postgres.command()),
                    answers=postgres.answers,
                    account=postgres.account,
                    output=postgres.log,
                    farewell=signal.SIGINT,
                    stop_patience=20,
                    before=postgres.prepare,
                    last_words=postgres.last_words,
                )
            )
        if (valkey := self.valkey) is not None:
            services.append(
                Service(
                    name="valkey",
                    command=tuple(valkey.command()),
                    answers=valkey.answers,
                    account=valkey.account,
                    output=valkey.log,
                    stop_patience=5,
                    last_words=valkey.last_words,
                )
            )
        return tuple(services)

    def settings(self, database: str) -> dict[str, str]:
        """The settings, by field name, of a process that uses these services."""
        found: dict[str, str] = {}
        if self.postgres is not None:
            found |= {name: self.postgres.url(database, role) for name, role in _ROLES.items()}
        if self.valkey is not None:
            found["redis_url"] = self.valkey.url
        return found

    def key_files(self) -> dict[str, Path]:
        """A file for each list of keys, made when first asked for."""
        return keys_in(self.root / "keys")


DATABASE_SETTINGS: Final = tuple(_ROLES)
