"""How long a FLAC or WAV file plays, by its first bytes; it bounds what recognising may take."""

from typing import Final

_FLAC: Final = b"fLaC"
ENOUGH: Final = 64  # bytes


def playing_ms(head: bytes, size: int) -> int:
    """Of a FLAC file by its header, else as if it were 16-bit mono at 16 kHz."""
    if head.startswith(_FLAC) and len(head) >= 26 and head[4] & 0x7F == 0:  # noqa: PLR2004
        packed = int.from_bytes(head[18:26], "big")  # rate:20 channels:3 bits:5 samples:36
        rate, samples = packed >> 44, packed & (1 << 36) - 1
        if rate and samples:
            return samples * 1_000 // rate
    return size // 32
