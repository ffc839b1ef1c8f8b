"""ZIP archives made of runs: each run holds stored members, and an archive is runs in a row.

A run is what one shard of work leaves: members one after the other (header, name, bytes), then its
own directory with offsets from its start. The bytes of any member are a plain range of the run. An
archive is the members of its runs, then all directories with moved offsets, then the end records;
its length is known before a byte is read, and nothing of it is kept in memory but one directory.
Same members, same bytes: the time in it is fixed, and nothing in it is random.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.kernel.errors import DomainError, Invalid

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_RECORD: Final = struct.Struct("<4s6H3I5H2I")
_WIDE_OFFSET: Final = struct.Struct("<HHQ")
_END64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64: Final = struct.Struct("<4sIQI")
_END: Final = struct.Struct("<4s4H2IH")
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_VERSION, _VERSION64, _UNIX = 20, 45, 3 << 8
_UTF8: Final = 1 << 11
_TIME, _DATE = 0, 1 << 5 | 1  # 1 January 1980, midnight: the first moment ZIP can write
_PLAIN_FILE: Final = 0o100644 << 16
MAX_NAME_BYTES: Final = 1_000


class MemberTooLarge(Invalid):
    """A document, or a run of them, of 4 GiB or more; facts: `name`."""

    code = "documents.archive-member-too-large"


class RunDamaged(DomainError):
    """A stored directory is not what we wrote."""

    code = "documents.archive-run-damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A document within a run: its bytes are `size` from `offset`, counted from the run's start."""

    name: str
    offset: int
    size: int
    crc: int


@dataclass(slots=True)
class Run:
    """Writes a run: for each member the header from `add`, then the bytes; last the directory."""

    size: int = 0  # bytes of the members so far
    members: int = 0
    _records: list[bytes] = field(default_factory=list)

    def add(self, name: str, size: int, crc: int) -> tuple[bytes, Member]:
        """What to write before the member's bytes, and where those will be.

        `crc` is zlib.crc32 of the bytes. Raises MemberTooLarge.
        """
        raw = name.encode()
        start = self.size
        offset = start + _LOCAL.size + len(raw)
        if offset + size > _MAX32 or len(raw) > MAX_NAME_BYTES:
            raise MemberTooLarge("A file is too large for the archive.", name=name)
        flags = 0 if name.isascii() else _UTF8
        stored = (_VERSION, flags, 0, _TIME, _DATE, crc, size, size, len(raw), 0)
        self._records.append(
            _RECORD.pack(b"PK\1\2", _UNIX | _VERSION, *stored, 0, 0, 0, _PLAIN_FILE, start) + raw
        )
        self.size = offset + size
        self.members += 1
        header = _LOCAL.pack(b"PK\3\4", *stored) + raw
        return header, Member(name=name, offset=offset, size=size, crc=crc)

    def directory(self) -> bytes:
        """To be written after the last member."""
        return b"".join(self._records)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSize:
    """What must be known of a finished run; sizes in bytes."""

    members: int
    members_size: int
    directory_size: int


class Archive:
    """The frame around runs that lie in storage.

    Stream the members of each run in order, then `directory(i, …)` of each, then `end()`.
    """

    def __init__(self, runs: Sequence[RunSize]) -> None:
        self._runs = tuple(runs)
        self._starts = [0]
        for run in self._runs:
            self._starts.append(self._starts[-1] + run.members_size)
        self._directory_size = sum(self._size_here(i) for i in range(len(self._runs)))

    @property
    def size(self) -> int:
        """Bytes of the whole archive."""
        return self._starts[-1] + self._directory_size + len(self.end())

    def directory(self, index: int, stored: bytes) -> bytes:
        """The directory of a run, with offsets from the archive's start. Raises RunDamaged."""
        run, start = self._runs[index], self._starts[index]
        places = list(_records(stored))
        if len(stored) != run.directory_size or len(places) != run.members:
            raise RunDamaged("A part of the archive is damaged.")
        if self._is_wide(index):
            return b"".join(_widened(stored, at, raw, start) for at, raw in places)
        moved = bytearray(stored)
        for at, _ in places:
            struct.pack_into("<I", moved, at + 42, _start(stored, at) + start)
        return bytes(moved)

    def end(self) -> bytes:
        """The records after the directories."""
        members = sum(run.members for run in self._runs)
        start, size = self._starts[-1], self._directory_size
        wide = b""
        if members >= _MAX16 or start >= _MAX32 or size >= _MAX32:
            version = _UNIX | _VERSION64
            sizes = (members, members, size, start)
            wide = _END64.pack(b"PK\6\6", _END64.size - 12, version, _VERSION64, 0, 0, *sizes)
            wide += _LOCATOR64.pack(b"PK\6\7", 0, start + size, 1)
        count = min(members, _MAX16)
        return wide + _END.pack(
            b"PK\5\6", 0, 0, count, count, min(size, _MAX32), min(start, _MAX32), 0
        )

    def _is_wide(self, index: int) -> bool:
        """Whether an offset of the run may need 64 bits; then all of its offsets get them."""
        return self._starts[index + 1] >= _MAX32

    def _size_here(self, index: int) -> int:
        run = self._runs[index]
        return run.directory_size + self._is_wide(index) * run.members * _WIDE_OFFSET.size


def _records(directory: bytes) -> Iterator[tuple[int, bytes]]:
    """Where each record starts, and its member's name."""
    at = 0
    while at < len(directory):
        if directory[at : at + 4] != b"PK\1\2" or at + _RECORD.size > len(directory):
            raise RunDamaged("A part of the archive is damaged.")
        name_size, extra, comment = struct.unpack_from("<3H", directory, at + 28)
        following = at + _RECORD.size + name_size
        if extra or comment or following > len(directory):
            raise RunDamaged("A part of the archive is damaged.")
        yield at, directory[at + _RECORD.size : following]
        at = following


def _start(directory: bytes, at: int) -> int:
    start: int = struct.unpack_from("<I", directory, at + 42)[0]
    return start


def _widened(directory: bytes, at: int, raw: bytes, base: int) -> bytes:
    """A record whose offset is in an extra field of 64 bits."""
    record = bytearray(directory[at : at + _RECORD.size])
    start = _start(directory, at) + base
    struct.pack_into("<2H", record, 4, _UNIX | _VERSION64, _VERSION64)
    struct.pack_into("<H", record, 30, _WIDE_OFFSET.size)
    struct.pack_into("<I", record, 42, _MAX32)
    return bytes(record) + raw + _WIDE_OFFSET.pack(1, 8, start)
