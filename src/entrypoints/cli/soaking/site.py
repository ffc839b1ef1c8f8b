"""Where a soak happens: services of its own in a folder that goes with it, and its processes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any, Final, Self
from uuid import UUID

import psycopg
from psycopg import Connection

from adapters.embedded.account import Account
from adapters.embedded.folder import passing_folder
from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.services import EmbeddedServices
from adapters.embedded.spawning import bound
from adapters.embedded.valkey import ValkeyServer
from adapters.sql.migrations import migrate
from adapters.system.clock import Uuid7
from entrypoints.cli.home import home
from entrypoints.cli.soaking.kinds import LEDGER, SOCKET
from entrypoints.variables import PREFIX, variable

DATABASE: Final = "soak"
_WORKSPACES: Final = 5
SCHEMA: Final = f"""
CREATE TABLE {LEDGER} (job_id uuid, step text, fence bigint, at timestamptz DEFAULT clock_timestamp());
GRANT INSERT ON {LEDGER} TO atelier_worker;
CREATE TABLE soak_trail (job_id uuid, old text, new text, fence bigint, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION soak_trail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN INSERT INTO public.soak_trail VALUES (NEW.id, OLD.status, NEW.status, NEW.fence); RETURN NULL; END $$;
CREATE TRIGGER soak_trail AFTER UPDATE ON jobs FOR EACH ROW
  WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION soak_trail();
ALTER TABLE jobs ALTER max_lost SET DEFAULT 500;  -- it is us who kill, not the jobs
"""  # noqa: E501, S608 - SQL reads better unbroken; the name is ours


@dataclass(frozen=True, slots=True)
class Site:
    folder: Path
    services: EmbeddedServices

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Self]:
        with passing_folder() as folder:
            services = EmbeddedServices.at(folder, folder / "s", fsync=False)
            with services.running():
                site = cls(folder, services)
                site._furnish()
                yield site

    @property
    def postgres(self) -> PostgresCluster:
        assert self.services.postgres is not None  # noqa: S101 - asked for above
        return self.services.postgres

    @property
    def valkey(self) -> ValkeyServer:
        assert self.services.valkey is not None  # noqa: S101 - asked for above
        return self.services.valkey

    @property
    def posts(self) -> Path:
        return self.folder / "posts.txt"

    @property
    def acked(self) -> Path:
        return self.folder / "acked.txt"

    def connection(self) -> Connection[tuple[Any, ...]]:
        """Past every policy."""
        return psycopg.connect(self.postgres.url(DATABASE), autocommit=True, connect_timeout=2)

    def liar(self, seed: int) -> "subprocess.Popen[bytes]":
        return self._process("liar", str(self._socket), str(self.posts), str(seed))

    def worker(self) -> "subprocess.Popen[bytes]":
        return self._process("worker")

    def submitter(self, rate: float) -> "subprocess.Popen[bytes]":
        return self._process("submitter", str(self._people), str(self.acked), str(rate))

    def keep(self, folder: Path) -> None:
        """Copy what the processes said and did."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in (*self.folder.glob("*.txt"), *self.folder.glob("*.log")):
            shutil.copy(file, folder)

    @property
    def _socket(self) -> Path:
        return self.folder / "liar.sock"

    @property
    def _people(self) -> Path:
        return self.folder / "people.txt"

    def _furnish(self) -> None:
        self.postgres.create_database(DATABASE)
        migrate(home(), self.postgres.url(DATABASE))
        with self.connection() as connection:
            connection.execute(SCHEMA)
            people = [_person(connection) for _ in range(_WORKSPACES)]
        self._people.write_text(json.dumps(people))
        self.posts.touch()
        self.acked.touch()

    def _process(self, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        ourselves = Account(None, os.geteuid(), os.getegid())
        with (self.folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own programs
                [sys.executable, "-P", "-m", f"entrypoints.cli.soaking.{module}", *arguments],
                cwd=home(),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **bound(ourselves, SIGKILL),
            )

    def _environment(self) -> dict[str, str]:
        """Ours alone: what the caller's variables say of another installation is left out."""
        ours: Mapping[str, str] = {
            **self.services.settings(DATABASE),
            "data_dir": str(self.folder / "data"),
            "public_url": "http://127.0.0.1:1",
            "log_level": "warning",
            "log_format": "json",
        }
        keys = {f"{variable(name)}_FILE": str(file) for name, file in self._keys().items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        named = {variable(name): value for name, value in ours.items()}
        return {**kept, **named, **keys, SOCKET: str(self._socket)}

    def _keys(self) -> dict[str, Path]:
        return self.services.key_files()


def _person(connection: Connection[tuple[Any, ...]]) -> dict[str, str]:
    """An editor in a workspace of their own."""
    new = Uuid7().new
    user, workspace = new(), new()
    _insert(connection, "users (id, email, password_hash)", user, f"{user}@example.org", "-")
    _insert(connection, "workspaces (id, name)", workspace, "soak")
    _insert(connection, "memberships (workspace_id, user_id, role)", workspace, user, "editor")
    return {"user": str(user), "workspace": str(workspace)}


def _insert(connection: Connection[tuple[Any, ...]], table: str, *values: UUID | str) -> None:
    marks = ", ".join(["%s"] * len(values))
    connection.execute(f"INSERT INTO {table} VALUES ({marks})".encode(), values)  # noqa: S608
