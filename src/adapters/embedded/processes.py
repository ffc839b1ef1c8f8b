"""Processes as we meet them again later: by number and by the moment they started."""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_SAME_MOMENT: Final = 1.0  # seconds; clocks are read with little precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """`started` is seconds since the epoch: numbers are reused, moments are not."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Running | None":
        """None when there is no such process (any more)."""
        with suppress(psutil.Error):
            return cls(pid=pid, started=psutil.Process(pid).create_time())
        return None

    @classmethod
    def ourselves(cls) -> "Running":
        return cls(pid=os.getpid(), started=psutil.Process().create_time())

    def is_alive(self) -> bool:
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _SAME_MOMENT
            return same and process.status() != psutil.STATUS_ZOMBIE
        return False

    def end(self, how: signal.Signals, patience: float) -> None:
        """Send `how`, wait at most `patience` seconds, then kill."""
        if not self.is_alive():
            return
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            process.send_signal(how)
            try:
                process.wait(patience)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(patience)


def postmaster(data: Path) -> Running | None:
    """The server that runs on a PostgreSQL data folder, if one does.

    PostgreSQL itself trusts the number in `postmaster.pid` and refuses to start when any process
    has it; after a crash of the machine that may be a stranger.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE:
            return Running.of(pid)
    return None


def listener(port: int) -> str:
    """Who listens on a TCP port, in words; empty when the machine does not tell."""
    with suppress(psutil.Error, OSError):
        for each in psutil.net_connections("tcp"):
            place = each.laddr[1:]  # of an address; empty where there is none
            if each.status == psutil.CONN_LISTEN and port in place and each.pid is not None:
                return f"{psutil.Process(each.pid).name()}, process {each.pid}"
    return ""
