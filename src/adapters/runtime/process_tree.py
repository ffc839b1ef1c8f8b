"""What a process and everything it started use, read from /proc; zeros where there is none."""

import os
import signal
from contextlib import suppress
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def members(pid: int) -> list[int]:
    """The process and its descendants, as far as they are alive."""
    found = [pid]
    for member in found:  # grows while we walk
        with suppress(OSError), os.scandir(f"/proc/{member}/task") as threads:
            for thread in threads:
                children = Path(thread.path, "children").read_text(encoding="ascii")
                found.extend(int(child) for child in children.split())
    return found


def resident_bytes(pid: int) -> int:
    total = 0
    for member in members(pid):
        with suppress(OSError, IndexError):
            fields = Path(f"/proc/{member}/statm").read_text(encoding="ascii").split()
            total += int(fields[1]) * _PAGE
    return total


def kill(pid: int) -> None:
    """SIGKILL to the process, to its group and to those of its descendants that left the group."""
    for member in members(pid)[1:]:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(member, signal.SIGKILL)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kernel_memory_kills() -> int:
    """How often the kernel killed a process of this machine to get memory, since it started."""
    with suppress(OSError):
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
