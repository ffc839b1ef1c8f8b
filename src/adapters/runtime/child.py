"""The inside of a child process: walls first, then the methods of its kind, one call at a time."""

import contextlib
import errno
import importlib
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from adapters.runtime import frames, kernel_walls
from adapters.runtime.failures import refusal_of
from domain.kernel.errors import DomainError

T = TypeVar("T")
_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/proc", "/sys", "/dev"),
    *("/etc/fonts", "/etc/ssl", "/etc/alternatives", "/etc/localtime", "/etc/ld.so.cache"),
    *("/etc/ld.so.conf", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/libreoffice"),
    *("/var/cache/fontconfig", "/var/lib/libreoffice", "/var/spool/libreoffice", "/etc/mime.types"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_SOCKETS = ("/tmp",)  # noqa: S108  where LibreOffice makes its own, whatever TMPDIR says
_REASONS = {errno.EFBIG: "file-size", errno.ENOSPC: "disk-full", errno.EDQUOT: "disk-full"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, as a method sees it; `scratch` is the only folder it may write."""

    payload: msgspec.Raw
    scratch: Path
    emit: Callable[[object], None]  # a part of the answer, or progress

    def read(self, type_: type[T]) -> T:
        """The payload as `type_`; raises msgspec.ValidationError."""
        return msgspec.msgpack.decode(self.payload, type=type_)


Method = Callable[[Call], object]
Methods = Mapping[str, Method]


@dataclass(slots=True)
class Channel:
    source: BinaryIO
    sink: BinaryIO
    frame_bytes: int = 64 << 20

    @classmethod
    def from_standard_streams(cls) -> "Channel":
        """Take the pipes away from print and from C libraries: their output goes to stderr."""
        source, sink = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return cls(os.fdopen(source, "rb"), os.fdopen(sink, "wb"))

    def receive(self, type_: type[T]) -> T | None:
        """The next message; None when the parent has gone."""
        head = self.source.read(frames.HEADER)
        if len(head) < frames.HEADER:
            return None
        length = int.from_bytes(head, "big")
        body = self.source.read(length)
        return msgspec.msgpack.decode(body, type=type_) if len(body) == length else None

    def send(self, message: object) -> None:
        self.sink.write(frames.frame(message, self.frame_bytes))
        self.sink.flush()


def main() -> None:
    """Serve until the parent closes the pipe."""
    channel = Channel.from_standard_streams()
    boot = channel.receive(frames.Boot)
    if boot is None:
        return
    channel.frame_bytes = boot.frame_bytes
    with contextlib.suppress(BrokenPipeError):
        isolation = _confine(boot)
        methods = _methods(boot)
        channel.send(frames.Ready(isolation=isolation))
        while (request := channel.receive(frames.Request)) is not None:
            _serve(channel, boot, methods, request)


def _confine(boot: frames.Boot) -> frames.Isolation:
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, boot.file_bytes)
    _limit(resource.RLIMIT_NOFILE, boot.open_files)
    if boot.address_space_bytes is not None:
        _limit(resource.RLIMIT_AS, boot.address_space_bytes)
    with contextlib.suppress(OSError):  # when memory runs out, we go before our parent
        Path("/proc/self/oom_score_adj").write_text("500")
    os.chdir(boot.scratch)
    away = kernel_walls.leave_network()
    if boot.unix_sockets:
        _own_sockets(boot)
    kernel_walls.drop_powers()
    kernel_walls.die_with_parent(boot.parent)
    readable = (*_SYSTEM, sys.prefix, sys.base_prefix, *sys.path, *boot.readable)
    files = kernel_walls.confine_files(
        writable=(boot.scratch, *_DEVICES),
        readable=readable,
        sockets=_SOCKETS if boot.unix_sockets else (),
    )
    filtered = kernel_walls.refuse_sockets(unix_sockets=boot.unix_sockets)
    network = "namespace" if away else "filter" if filtered else "open"
    return frames.Isolation(network=network, files="landlock" if files else "open")


def _own_sockets(boot: frames.Boot) -> None:
    """Where something of ours lies below that folder it has to stay the one that all use."""
    ours = (boot.scratch, sys.prefix, *sys.path, *boot.readable)
    for folder in _SOCKETS:
        if not any(Path(each).is_relative_to(folder) for each in ours if each):
            kernel_walls.own_folder(folder)


def _limit(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def _methods(boot: frames.Boot) -> Methods:
    module, _, function = boot.target.partition(":")
    build = getattr(importlib.import_module(module), function)
    methods: Methods = build(boot.settings)
    return methods


def _serve(channel: Channel, boot: frames.Boot, methods: Methods, request: frames.Request) -> None:
    _allow_cpu(request.cpu_seconds)
    os.chdir(boot.scratch)

    def emit(value: object) -> None:
        channel.send(frames.Item(value=msgspec.Raw(frames.encode(value))))

    call = Call(payload=request.payload, scratch=Path(boot.scratch), emit=emit)
    try:
        answer = _answer(methods, request.method, call)
        channel.send(answer)
    except frames.FrameTooLarge as error:
        channel.send(frames.Failed(reason="message-size", trace=str(error)))


def _answer(methods: Methods, name: str, call: Call) -> object:
    method = methods.get(name)
    if method is None:
        return frames.Failed(reason="unknown-method", trace=f"no method {name!r}")
    try:
        return frames.Result(value=msgspec.Raw(frames.encode(method(call))))
    except DomainError as error:
        return refusal_of(error, frames.plain(error.facts))
    except (BrokenPipeError, frames.FrameTooLarge):
        raise
    except MemoryError:
        return frames.Failed(reason="memory", trace="MemoryError")
    except OSError as error:
        return frames.Failed(reason=_REASONS.get(error.errno or 0, "error"), trace=_trace(error))
    except Exception as error:  # noqa: BLE001 - the parent decides what a defect means
        return frames.Failed(reason="error", trace=_trace(error))


def _allow_cpu(seconds: int) -> None:
    """The soft limit counts from the start of the process, so it moves with every call."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    allowed = int(time.process_time()) + 1 + seconds
    if hard != resource.RLIM_INFINITY:
        allowed = min(allowed, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def _trace(error: BaseException) -> str:
    """Where it happened and what type it was; no message and no values, which are user data."""
    places = traceback.extract_tb(error.__traceback__)[-8:]
    lines = [f"{Path(place.filename).name}:{place.lineno} in {place.name}" for place in places]
    return "\n".join([type(error).__name__, *lines])
