"""What a child process may use, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Per call, unless it says otherwise. Bytes and seconds."""

    wall_seconds: float = 60.0
    cpu_seconds: int = 60
    memory_bytes: int = 1024 * MIB  # resident, the child and what it started, watched from outside
    file_bytes: int = 1024 * MIB  # of any one file it writes
    open_files: int = 256
    frame_bytes: int = 64 * MIB  # of any one message, in either direction
    start_seconds: float = 60.0
    recycle_after_calls: int = 10_000
    recycle_above_bytes: int = 512 * MIB  # resident after a call
    address_space_bytes: int | None = None  # breaks runtimes that reserve much; off by default


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildKind:
    """A kind of work that is done outside this process.

    `target` is "module:function"; the function gets `settings` once, in the child, and answers the
    methods of the kind by name. `readable` are further folders the child may read.
    """

    name: str
    target: str
    processes: int = 1
    limits: Limits = Limits()
    settings: Mapping[str, object] = field(default_factory=dict)
    readable: tuple[str, ...] = ()
    unix_sockets: bool = False  # some programs need them to talk to their own parts
