"""Writes ZIP members so that what never changes is one constant piece, and bytes are repeatable."""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from adapters.docx.archive import DEFLATED, STORED

_LOCAL: Final = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL: Final = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END: Final = struct.Struct("<4sHHHHLLH")
_TIME: Final = (0x0000, 0x0021)  # midnight of 1980-01-01: the same document is the same bytes
_VERSION: Final = 20
_UTF8: Final = 0x800
LOCAL_SIZE: Final = _LOCAL.size


@dataclass(slots=True)
class Packed:
    """A member ready to be written; `data` is deflated when `method` is 8."""

    name: bytes
    method: int
    crc: int
    size: int
    data: bytes

    def header(self) -> bytes:
        return _LOCAL.pack(
            b"PK\x03\x04", _VERSION, _flags(self.name), self.method, *_TIME, self.crc,
            len(self.data), self.size, len(self.name), 0,
        ) + self.name  # fmt: skip

    def record(self, offset: int) -> bytes:
        return _CENTRAL.pack(
            b"PK\x01\x02", _VERSION, _VERSION, _flags(self.name), self.method, *_TIME, self.crc,
            len(self.data), self.size, len(self.name), 0, 0, 0, 0, 0, offset,
        ) + self.name  # fmt: skip

    def span(self) -> int:
        return _LOCAL.size + len(self.name) + len(self.data)


def deflated(name: str, content: bytes, data: bytes) -> Packed:
    return Packed(name.encode(), DEFLATED, zlib.crc32(content), len(content), data)


def stored(name: str, content: bytes) -> Packed:
    return Packed(name.encode(), STORED, zlib.crc32(content), len(content), content)


def end_of_archive(count: int, directory: int, offset: int) -> bytes:
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, directory, offset, 0)


def _flags(name: bytes) -> int:
    return 0 if name.isascii() else _UTF8
