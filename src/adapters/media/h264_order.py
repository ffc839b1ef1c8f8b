"""H.264 counts the order of its pictures modulo a small number; leaps must not confuse it.

A decoder takes a picture for an earlier one, and drops it, if the counter seems to have gone back
by less than half of its range. So a leap that would look like that is made in two.
"""

from collections.abc import Callable, Sequence
from typing import Final

_HIGH: Final = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
_PARAMETERS: Final = 7  # the kind of unit that holds them
_ALL_COLOURS: Final = 3


def order_range(extradata: bytes | None) -> int | None:
    """The counter's range in pictures; None where it does not wrap so, or cannot be read."""
    unit = _parameters(extradata or b"")
    if unit is None:
        return None
    try:
        return _range(_Bits(unit))
    except IndexError:
        return None


def bridged(
    start: int, goal: int, stones: Sequence[int], range_: int, rank: Callable[[int], int]
) -> list[int]:
    """What to step on between two places, so that no step seems to lead back.

    `rank` is the place of a picture in the order they are shown.
    """

    def seems_ahead(one: int, other: int) -> bool:
        return 0 < (rank(other) - rank(one)) % range_ < range_ // 2 - 1

    if seems_ahead(start, goal):
        return []
    for stone in stones:
        if seems_ahead(start, stone) and seems_ahead(stone, goal):
            return [stone]
    return list(stones[:: max(1, range_ // 8)])


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data.replace(b"\0\0\3", b"\0\0"))
        self._at = 0

    def take(self, count: int) -> int:
        bits = self._bits[self._at : self._at + count]
        if len(bits) < count:
            raise IndexError
        self._at += count
        return int(bits or "0", 2)

    def number(self) -> int:
        """Exponential Golomb code."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        code = self.number()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def _parameters(extradata: bytes) -> bytes | None:
    if extradata[:1] == b"\1":  # as MP4 and Matroska keep it
        return extradata[9 : 8 + int.from_bytes(extradata[6:8], "big")]
    for unit in extradata.split(b"\0\0\1")[1:]:
        if unit and unit[0] & 31 == _PARAMETERS:
            return unit[1:]
    return None


def _range(bits: _Bits) -> int | None:
    profile = bits.take(24) >> 16
    bits.number()
    if profile in _HIGH:
        colours = bits.number()
        if colours == _ALL_COLOURS:
            bits.take(1)
        bits.number()
        bits.number()
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 12 if colours == _ALL_COLOURS else 8)
    bits.number()
    kind = bits.number()
    return None if kind else 1 << (bits.number() + 4) >> 1  # two counts a picture


def _skip_scaling(bits: _Bits, lists: int) -> None:
    for each in range(lists):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if each < 6 else 64):  # noqa: PLR2004 - as many as blocks have weights
            if following:
                following = (last + bits.signed()) % 256
            last = following or last
