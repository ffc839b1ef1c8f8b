"""H.264 counts its pictures modulo a small number; leaps must not confuse it.

A decoder takes a picture for an earlier one, and drops it, if the counter seems to have gone back.
The counter of the order they are shown in may jump by less than half of its range; where there is
none, pictures that others build on are counted as they come, and a new round has to be seen to
begin. So a leap that would look like one backwards is made in several.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_HIGH: Final = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
_PARAMETERS: Final = 7  # the kind of unit that holds them
_SLICES: Final = {1, 2, 5}  # the kinds that hold pictures
_KIND: Final = 0x1F
_BUILT_ON: Final = 0x60
_MARK: Final = b"\0\0\1"
_ALL_COLOURS: Final = 3


@dataclass(frozen=True, slots=True)
class Counter:
    """`shown`: in the order they are shown; else those that others build on, as they come."""

    range: int  # pictures
    shown: bool
    prefix: int = 0  # bytes before each unit that say how long it is; else a mark is between them

    def counts(self, data: memoryview) -> bool:
        """Whether others build on the picture of this packet; only then the counter moves on."""
        for head in _heads(data, self.prefix) if self.prefix else _marked_heads(data):
            if head & _KIND in _SLICES:
                return bool(head & _BUILT_ON)
        return True


def counter_of(extradata: bytes | None) -> Counter | None:
    """None where it cannot be read."""
    unit = _parameters(extradata or b"")
    if unit is None:
        return None
    try:
        return _counter(_Bits(unit), _prefix(extradata or b""))
    except IndexError:
        return None


def bridged(
    start: int, goal: int, stones: Sequence[int], counter: Counter, rank: Callable[[int], int]
) -> list[int]:
    """What to step on between two places, so that no step seems to lead back.

    `rank` is the place of a picture in the order that is counted.
    """
    if not counter.shown:
        return _rounded(start, goal, stones, counter.range, rank)

    def seems_ahead(one: int, other: int) -> bool:
        return 0 < (rank(other) - rank(one)) % counter.range < counter.range // 2 - 1

    if seems_ahead(start, goal):
        return []
    for stone in stones:
        if seems_ahead(start, stone) and seems_ahead(stone, goal):
            return [stone]
    steps, at, left = list[int](), start, list(stones)
    while left and not seems_ahead(at, goal):
        near = [
            place
            for place, stone in enumerate(left)
            if seems_ahead(at, stone) and rank(stone) - rank(at) < counter.range
        ]
        place = near[-1] if near else 0
        at, left = left[place], left[place + 1 :]
        steps.append(at)
    return steps


def _rounded(
    start: int, goal: int, stones: Sequence[int], range_: int, rank: Callable[[int], int]
) -> list[int]:
    """By way of the last picture of a round and the first of the next one."""
    one, other = rank(start) % range_, rank(goal) % range_
    if one < other:
        return []
    wanted = {range_ - 1, 0} if other else {range_ - 1}
    last = [stone for stone in stones[-2 * range_ :] if rank(stone) % range_ in wanted]
    return last[-len(wanted) :]


def _heads(data: memoryview, prefix: int) -> Iterator[int]:
    at = prefix
    while at < len(data):
        yield data[at]
        at += int.from_bytes(data[at - prefix : at], "big") + prefix


def _marked_heads(data: memoryview) -> Iterator[int]:
    for unit in bytes(data).split(_MARK)[1:]:
        if unit:
            yield unit[0]


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


def _prefix(extradata: bytes) -> int:
    return (extradata[4] & 3) + 1 if extradata[:1] == b"\1" else 0


def _parameters(extradata: bytes) -> bytes | None:
    if extradata[:1] == b"\1":  # as MP4 and Matroska keep it
        return extradata[9 : 8 + int.from_bytes(extradata[6:8], "big")]
    for unit in extradata.split(_MARK)[1:]:
        if unit and unit[0] & _KIND == _PARAMETERS:
            return unit[1:]
    return None


def _counter(bits: _Bits, prefix: int) -> Counter:
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
    built_on = 1 << (bits.number() + 4)
    if bits.number():
        return Counter(range=built_on, shown=False, prefix=prefix)
    shown = 1 << (bits.number() + 4) >> 1  # two counts a picture
    return Counter(range=shown, shown=True, prefix=prefix)


def _skip_scaling(bits: _Bits, lists: int) -> None:
    for each in range(lists):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if each < 6 else 64):  # noqa: PLR2004 - as many as blocks have weights
            if following:
                following = (last + bits.signed()) % 256
            last = following or last
