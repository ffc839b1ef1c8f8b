"""`atelier up` in a scratch folder, with what each of its processes needs at most."""

import json
import os
import subprocess
import sys
import threading
import time
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
class Memory:
    """Peaks in MiB: of the API, of a worker, of any one child."""

    supervisor: psutil.Process
    peaks: dict[str, float] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watched(self, every: float = 0.05) -> Iterator[dict[str, float]]:
        self.peaks = {}
        self._over.clear()
        thread = threading.Thread(target=self._watch, args=(every,))
        thread.start()
        try:
            yield self.peaks
        finally:
            self._over.set()
            thread.join()

    def _watch(self, every: float) -> None:
        while not self._over.is_set():
            for process in self.supervisor.children(recursive=True):
                with suppress(psutil.Error):
                    self._note(_role(process), process.memory_info().rss)
            time.sleep(every)

    def _note(self, role: str | None, size: int) -> None:
        if role is not None:
            self.peaks[role] = max(self.peaks.get(role, 0.0), round(size / _MIB, 1))


def _role(process: psutil.Process) -> str | None:
    words = process.cmdline()
    for role in ("api", "worker"):
        if words[1:4] == ["-m", "entrypoints.cli", role]:
            return role
    if len(words) > 1 and "adapters.runtime.child" in " ".join(words[:6]):
        return "child"
    return None
