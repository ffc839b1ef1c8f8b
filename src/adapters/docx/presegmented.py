"""Deflates a part's constant text once; a row's values go between as stored blocks.

A deflate stream is a row of blocks, and a full flush ends one at a whole byte with nothing
referring back, so constant blocks and stored values can be put together as they are: no row costs
any compression. Documents grow by some percent, since no match reaches over a value.
"""

import struct
import zlib
from typing import Final

END: Final = b"\x03\x00"  # an empty last block
_LENGTHS: Final = struct.Struct("<HH")
_HEADER: Final = struct.Struct("<BHH")
_LONGEST: Final = 0xFFFF


def constant_block(data: bytes) -> bytes:
    """Deflated up to the head of a stored block, whose lengths and bytes `stored` must follow."""
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    flushed = machine.compress(data) + machine.flush(zlib.Z_FULL_FLUSH) if data else b"\0\0\0\0\0"
    return flushed[:-4]  # a full flush ends with an empty stored block: its lengths are ours


def stored(data: bytes) -> bytes:
    """The bytes as they are behind their lengths; further stored blocks for the longest."""
    first = data[:_LONGEST]
    block = _LENGTHS.pack(len(first), len(first) ^ _LONGEST) + first
    if len(data) <= _LONGEST:
        return block
    rest = (data[at : at + _LONGEST] for at in range(_LONGEST, len(data), _LONGEST))
    more = (_HEADER.pack(0, len(one), len(one) ^ _LONGEST) + one for one in rest)
    return block + b"".join(more)
