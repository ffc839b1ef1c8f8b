"""Which operating-system user our services run as: us, or when we are root, one without rights."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domain.kernel.errors import Unavailable

NAME: Final = "atelier"
# Where useradd is missing or refused (a read-only /etc): accounts that own nothing of ours.
_STAND_INS: Final = ("postgres", "nobody")


class NoSystemUser(Unavailable):
    code = "embedded.no-system-user"


@dataclass(frozen=True, slots=True)
class Account:
    """`become` is the user to turn into; None: stay who we are."""

    become: str | None
    uid: int
    gid: int

    @classmethod
    def current(cls) -> "Account":
        """PostgreSQL refuses to run as root, and Valkey has no need to."""
        if os.geteuid() != 0:
            return cls(None, os.geteuid(), os.getegid())
        entry = _entry(NAME) or _make() or _first_of(_STAND_INS)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def spawning(self) -> dict[str, Any]:
        """Keyword arguments that make `subprocess` start a program as this user."""
        if self.become is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own_folder(self, folder: Path) -> None:
        """Make `folder`, private to this user."""
        make_searchable(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        if self.become is not None:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    def can_reach(self, path: Path) -> bool:
        """May this user pass every folder above `path`? We never open a folder to make it so."""
        return all(self._may_search(parent) for parent in path.resolve().parents)

    def _may_search(self, folder: Path) -> bool:
        try:
            found = folder.stat()
        except PermissionError:
            return False
        if self.become is None:
            return os.access(folder, os.X_OK)
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid == self.gid else 0
        return bool(found.st_mode >> shift & 0o1)


def make_searchable(folder: Path) -> None:
    """Make `folder` and its missing parents so that others may pass through, but not look."""
    if folder.exists():
        return
    make_searchable(folder.parent)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)


def name_of(uid: int) -> str:
    """Raises NoSystemUser where the machine knows no name for a user (some containers)."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError as error:
        raise NoSystemUser(
            f"User id {uid} has no name on this machine, which embedded PostgreSQL needs;"
            " add it to /etc/passwd, or set ATELIER_DATABASE_URL.",
            uid=uid,
        ) from error


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make() -> pwd.struct_passwd | None:
    """`useradd` of most systems, else `adduser` of the smallest ones."""
    for program, *options in (
        ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", NAME),
        ("adduser", "-S", "-D", "-H", "-s", "/bin/false", NAME),
    ):
        found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if found is None:
            continue
        subprocess.run(  # noqa: S603 - fixed arguments
            [found, *options], check=False, capture_output=True, stdin=subprocess.DEVNULL
        )
        if (entry := _entry(NAME)) is not None:
            return entry
    return None


def _first_of(names: tuple[str, ...]) -> pwd.struct_passwd:
    for name in names:
        if (entry := _entry(name)) is not None:
            return entry
    raise NoSystemUser(
        f"Embedded services do not run as root and no user {NAME} could be made;"
        f" add it (useradd --system {NAME}), or set ATELIER_DATABASE_URL and ATELIER_REDIS_URL."
    )
