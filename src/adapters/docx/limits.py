"""How much a template may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes unless named otherwise."""

    file: int = 50 << 20
    unpacked: int = 200 << 20
    part: int = 64 << 20  # one XML part, which is parsed into memory
    members: int = 2_000
    ratio: int = 200  # unpacked : packed, above the sizes below
    ratio_from: int = 1 << 20  # XML
    blob_ratio_from: int = 16 << 20  # pictures: Word does write drawings of ten megabytes of zeros
    tags: int = 20_000
    loop_depth: int = 8
    iterations: int = 100_000  # rounds of all loops of one document together
    output: int = 64 << 20  # one filled part
    image: int = 20 << 20  # one picture as it comes in
    pixels: int = 40_000_000


DEFAULT_LIMITS = Limits()
