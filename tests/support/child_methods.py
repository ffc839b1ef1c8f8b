"""What children do in the tests of the child runtime: work, and every kind of harm."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.runtime.child import Call, Methods
from domain.kernel.errors import Invalid


class TooSilly(Invalid):
    code = "tests.too-silly"

    def __init__(self, joke: str) -> None:
        super().__init__(f"{joke} is too silly.", joke=joke, level=11)


def methods(settings: Mapping[str, Any]) -> Methods:
    return {
        "greet": lambda call: f"{settings.get('greeting', 'Hello')}, {call.read(str)}",
        "echo": lambda call: call.read(object),
        "count": count,
        "pid": lambda call: os.getpid(),
        "unlink": lambda call: Path(call.read(str)).unlink(),
        "environment": lambda call: dict(os.environ),
        "refuse": refuse,
        "break": lambda call: {}["a secret value"],
        "segfault": lambda call: ctypes.string_at(0),
        "leave": lambda call: os._exit(7),
        "killed": lambda call: os.kill(os.getpid(), signal.SIGKILL),
        "sleep": lambda call: time.sleep(call.read(float)),
        "spin": spin,
        "hog": hog,
        "keep": lambda call: KEPT.append(b"x" * call.read(int)),
        "write": write,
        "read": lambda call: Path(call.read(str)).read_bytes(),
        "print": lambda call: print("not a frame"),  # noqa: T201
        "large": lambda call: b"x" * call.read(int),
        "garbage": garbage,
        "connect": connect,
        "signal": lambda call: os.kill(call.read(int), 0),
        "offspring": offspring,
    }


def broken(settings: Mapping[str, Any]) -> Methods:
    raise RuntimeError("cannot start")


KEPT: list[bytes] = []


def count(call: Call) -> str:
    for number in range(call.read(int)):
        call.emit(number)
    return "done"


def refuse(call: Call) -> None:
    raise TooSilly(call.read(str))


def spin(call: Call) -> None:
    while True:
        pass


def hog(call: Call) -> int:
    held = bytearray()
    while True:
        held += b"x" * (8 << 20)
        time.sleep(0.005)


def write(call: Call) -> str:
    name, size = call.read(tuple[str, int])
    target = Path(name)
    target.write_bytes(b"x" * size)
    return str(target.resolve())


def garbage(call: Call) -> None:
    for descriptor in range(3, 10):
        try:
            os.write(descriptor, b"\x00\x00\x00\x04oops")
        except OSError:
            continue


def connect(call: Call) -> str:
    family, address = call.read(tuple[str, Any])
    kind = socket.AF_UNIX if family == "unix" else socket.AF_INET
    try:
        with socket.socket(kind) as wire:
            wire.connect(address if family == "unix" else tuple(address))
            wire.sendall(b"hello from inside")
    except OSError as error:
        return type(error).__name__
    return "connected"


def offspring(call: Call) -> int:
    """A grandchild in a session of its own, as daemons are."""
    code = "import time; time.sleep(600)"
    return subprocess.Popen([sys.executable, "-c", code], start_new_session=True).pid
