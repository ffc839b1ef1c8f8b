"""Raw deflate by the fastest library there is; all of them make what any unzip reads."""

import zlib
from collections.abc import Callable
from typing import Final

Deflate = Callable[[bytes], bytes]
Checksum = Callable[..., int]  # of bytes, going on from a checksum before


def _libdeflate() -> Deflate:
    from deflate import deflate_compress

    return lambda data: bytes(deflate_compress(data, 6))


def _isal() -> Deflate:
    from isal import isal_zlib

    return lambda data: bytes(isal_zlib.compress(data, level=2, wbits=-15))


def _zlib() -> Deflate:
    return lambda data: zlib.compress(data, 6, -15)


_MAKERS: Final[dict[str, Callable[[], Deflate]]] = {
    "libdeflate": _libdeflate,
    "isal": _isal,
    "zlib": _zlib,
}


def deflate_by(name: str) -> Deflate:
    """The library of that name, or zlib where there is none or it is not installed."""
    try:
        return _MAKERS.get(name, _zlib)()
    except ImportError:
        return _zlib()


def checksum_by() -> Checksum:
    """CRC-32 as ZIP wants it, by the fastest library there is."""
    try:
        from deflate import crc32
    except ImportError:
        return zlib.crc32
    found: Checksum = crc32
    return found
