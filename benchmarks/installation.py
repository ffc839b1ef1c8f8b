"""`atelier up` in a scratch folder, with what each of its processes needs at most."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

_MIB = 1 << 20


@contextmanager
def running(folder: Path) -> Iterator[tuple[psutil.Process, httpx.Client]]:
    """The supervisor, and a client that is signed in."""
    folder.chmod(0o755)  # the database runs as a user of its own when we are root
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ATELIER_DATA_DIR": str(folder / "data"),
        "ATELIER_PORT": "0",
        "ATELIER_LOG_LEVEL": "warning",
        "ATELIER_REQUEST_RATE": "1000000",
    }
    command = [sys.executable, "-m", "entrypoints.cli", "up", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())["address"]
            with httpx.Client(base_url=f"{address}/v1", timeout=120) as client:
                _register(client)
                yield psutil.Process(process.pid), client
        finally:
            process.terminate()


def _register(client: httpx.Client) -> None:
    person = {"email": "bench@example.org", "password": "a quiet harbour at dawn"}
    token = client.post("/auth/register", json=person).raise_for_status().json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


@dataclass(slots=True)
class Meter:
    """What an installation's processes use while they are watched."""

    supervisor: psutil.Process
    peaks: dict[str, float] = field(default_factory=dict)
    cpu: dict[psutil.Process, tuple[str, float]] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watched(self, every: float = 0.1) -> Iterator[dict[str, dict[str, float]]]:
        """Filled at the end: the largest process of each role (RSS), and what each role worked."""
        found: dict[str, dict[str, float]] = {}
        self.peaks, self.cpu = {}, {}
        before = self._look()
        self._over.clear()
        thread = threading.Thread(target=self._watch, args=(every,))
        thread.start()
        try:
            yield found
        finally:
            self._over.set()
            thread.join()
            self._look()
            worked: dict[str, float] = {}
            for process, (role, seconds) in self.cpu.items():
                used = seconds - before.get(process, (role, 0.0))[1]
                worked[role] = round(worked.get(role, 0.0) + used, 2)
            found |= {"peak_rss_mib": self.peaks, "cpu_seconds": worked}

    def _watch(self, every: float) -> None:
        while not self._over.wait(every):
            self._look()

    def _look(self) -> dict[psutil.Process, tuple[str, float]]:
        for process in self.supervisor.children(recursive=True):
            with suppress(psutil.Error):
                role = self.cpu[process][0] if process in self.cpu else _role(process)
                times = process.cpu_times()
                self.cpu[process] = (role, times.user + times.system)
                size = process.memory_info().rss / _MIB
                self.peaks[role] = max(self.peaks.get(role, 0.0), round(size, 1))
        return dict(self.cpu)


def _role(process: psutil.Process) -> str:
    words = process.cmdline()
    if words[1:3] == ["-m", "entrypoints.cli"]:
        return words[3]  # api, worker
    if "adapters.runtime.child" in " ".join(words[:6]):
        return "child"
    return "valkey" if "valkey" in process.name() else "postgres"
