"""The data directory: one supervisor at a time, and a note of what it runs."""

import errno
import fcntl
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from adapters.embedded.account import Account, make_searchable
from adapters.embedded.postgres import fits
from adapters.embedded.processes import Running
from domain.kernel.errors import Conflict, Unavailable

_PLAIN: Final = re.compile(r"[\w/.+-]+", re.ASCII)  # what URLs and configuration files take as is
_STOP: Final = {"postgres": signal.SIGINT}  # fast, but orderly
_PATIENCE: Final = 15.0
_TRIES: Final = 5
_ROOM: Final = 4 * 1024**3  # bytes of memory that must be free
_TRY_EVERY: Final = 0.1


class DataFolderTaken(Conflict):
    """Facts: `pid` and `address` of the one who has it."""

    code = "embedded.data-folder-taken"


class DataFolderUnusable(Unavailable):
    code = "embedded.data-folder-unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What `run/state.json` says; `environment` is what a process needs to join in."""

    supervisor: Running
    sockets: str
    address: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    children: Mapping[str, Running] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataFolder:
    root: Path

    @property
    def state_file(self) -> Path:
        return self.root / "run" / "state.json"

    @contextmanager
    def claimed(self, account: Account) -> Iterator[Path]:
        """Hold the folder alone; gives the folder for sockets. Raises DataFolderTaken.

        What a killed predecessor left running is stopped first.
        """
        with _in_words(self.root):
            self._prepare(account)
            lock = os.open(self.root / "run" / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(lock)
            self._clear_up()
            with _in_words(self.root):
                sockets = self._sockets()
            try:
                yield sockets
            finally:
                self._clear_up()
                shutil.rmtree(sockets, ignore_errors=True)
        finally:
            os.close(lock)

    def running(self) -> State | None:
        """What runs on this folder now, for a process that wants to join."""
        try:
            lock = os.open(self.root / "run" / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self.read()
        finally:
            os.close(lock)
        return None

    def read(self) -> State | None:
        try:
            return msgspec.json.decode(self.state_file.read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError):
            return None

    def write(self, state: State) -> None:
        """Whole or not at all, and for our eyes only."""
        fresh = self.state_file.with_suffix(".new")
        with _in_words(self.root):
            fresh.touch(0o600)
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
            fresh.replace(self.state_file)

    def _prepare(self, account: Account) -> None:
        make_searchable(self.root)
        # PostgreSQL's own user must get through, when we are root; nobody needs to look around.
        self.root.chmod(0o711 if account.become else 0o700)
        make_searchable(self.root / "run")

    def _lock(self, lock: int) -> None:
        """Tries for a moment: somebody may just be looking (`running`)."""
        for _ in range(_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(_TRY_EVERY)
        state = self.read()
        facts: dict[str, Any] = (
            {"pid": state.supervisor.pid, "address": state.address} if state else {}
        )
        by = f" by process {facts['pid']}" if facts else ""
        raise DataFolderTaken(
            f"{self.root} is in use{by}; stop it, or name another folder in ATELIER_DATA_DIR.",
            **facts,
        )

    def _clear_up(self) -> None:
        state = self.read()
        if state is None:
            return
        for name in reversed(list(state.children)):
            state.children[name].end(_STOP.get(name, signal.SIGTERM), _PATIENCE)
        shutil.rmtree(state.sockets, ignore_errors=True)
        self.state_file.unlink(missing_ok=True)

    def _sockets(self) -> Path:
        """Beside the data where the name is short and plain enough, else in a folder of /tmp."""
        beside = self.root / "run" / "s"
        if fits(beside) and _PLAIN.fullmatch(str(beside)):
            return beside
        return Path(tempfile.mkdtemp(prefix="atelier-", dir="/tmp"))


@contextmanager
def passing_folder() -> Iterator[Path]:
    """A folder for services that go with it: in memory where there is room, else on disk.

    Servers make hundreds of files, which a busy disk answers ten times slower.
    """
    memory = Path("/dev/shm")  # noqa: S108 - used by mkdtemp alone
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    fit = roomy and not os.statvfs(memory).f_flag & os.ST_NOEXEC  # programs may be copied there
    folder = Path(tempfile.mkdtemp(prefix="atl-", dir=memory if fit else None))
    folder.chmod(0o711)  # for the user who runs the servers when we are root
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Tell what the operating system refused so that its reader knows what to do."""
    try:
        yield
    except OSError as error:
        words = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the disk quota is used up",
            errno.EROFS: "the disk is read-only",
            errno.EACCES: f"user id {os.geteuid()} may not write there",
            errno.EPERM: f"user id {os.geteuid()} does not own it",
            errno.ENOTDIR: "it is not a folder",
            errno.EEXIST: "it is not a folder",
        }.get(error.errno or 0, error.strerror or str(error))
        raise DataFolderUnusable(
            f"The data directory {folder} cannot be used: {words}."
            " Name another one in ATELIER_DATA_DIR.",
            reason=words,
        ) from error
