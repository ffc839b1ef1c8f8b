"""The packets of a video in stretches that begin with a keyframe, and those that stand out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np

Packet = Any  # of a video stream; the class of PyAV cannot be subscribed

_SHORTEST: Final = 0.9  # seconds; keyframes that follow each other faster share a stretch
_MOST_PACKETS: Final = 20_000
_MOST_BYTES: Final = 160 << 20
_AROUND: Final = 90  # packets on both sides that a packet is compared with
_TIMES: Final = 1.6  # larger than nine of ten of those around it
_AREA: Final = 8000  # pixels for one byte more
_SLOW: Final = 4  # frames a second; so few are seen one by one
_APART: Final = 0.4  # seconds between two that stand out
_BUSY: Final = 2500  # pixels a byte: fewer than that and something moves


@dataclass(slots=True, kw_only=True)
class Stretch:
    """`earlier`: what has to be decoded first where a stretch begins in the middle."""

    packets: list[Packet] = field(default_factory=list)
    size: int = 0
    earlier: list[Packet] = field(default_factory=list)

    @property
    def key(self) -> Packet:
        return self.earlier[0] if self.earlier else self.packets[0]

    @property
    def intra(self) -> bool:
        return all(packet.is_keyframe for packet in self.packets)

    def keys(self) -> list[int]:
        """Places of its keyframes."""
        return [place for place, packet in enumerate(self.packets) if packet.is_keyframe]

    def leading(self) -> list[Packet]:
        """Frames that are shown before its keyframe and come after it."""
        if self.earlier:
            return []
        first = self.packets[0].pts
        found = []
        for packet in self.packets[1:]:
            if packet.pts is None or first is None or packet.pts >= first:
                break
            found.append(packet)
        return found


def stretches(packets: Iterable[Packet], base: Fraction) -> Iterator[Stretch]:
    current = Stretch()
    least = int(Fraction(_SHORTEST) / base)
    for packet in packets:
        if packet.pts is None:
            packet.pts = packet.dts
        if packet.pts is None:
            continue
        if not current.packets and not packet.is_keyframe and not current.earlier:
            continue  # nothing to decode it from
        if current.packets:
            since = packet.pts - current.packets[0].pts
            full = len(current.packets) >= _MOST_PACKETS or current.size >= _MOST_BYTES
            if (packet.is_keyframe and since >= least) or full:
                yield current
                earlier = [] if packet.is_keyframe else [*current.earlier, current.packets[0]]
                current = Stretch(earlier=earlier)
        current.packets.append(packet)
        current.size += packet.size
    if current.packets:
        yield current


def outstanding(stretch: Stretch, area: int, base: Fraction) -> list[int]:
    """Places of packets much larger than those around them: there the picture changed."""
    if _is_slow(stretch, base):
        return [n for n, each in enumerate(stretch.packets) if not each.is_keyframe]
    sizes = np.array([0 if each.is_keyframe else each.size for each in stretch.packets], float)
    floors = _local_floor(sizes)
    above = sizes - (_TIMES * floors + area / _AREA)
    order = sorted(np.flatnonzero(above > 0).tolist(), key=lambda place: -above[place])
    apart = Fraction(_APART) / base
    taken: list[int] = []
    for place in order:
        at = stretch.packets[place].pts
        if all(abs(stretch.packets[other].pts - at) >= apart for other in taken):
            taken.append(place)
    return sorted(taken)


def _is_slow(stretch: Stretch, base: Fraction) -> bool:
    lasts = (stretch.packets[-1].pts - stretch.packets[0].pts) * base
    return bool(len(stretch.packets) <= lasts * _SLOW)


def _local_floor(sizes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Nine of ten packets around are smaller; taken once for some of them, which is enough."""
    step = _AROUND // 3
    places = range(0, len(sizes), step)
    floors = [
        np.percentile(sizes[max(0, place - _AROUND) : place + step + _AROUND], 90)
        for place in places
    ]
    return np.repeat(floors, step)[: len(sizes)]


def is_busy(stretch: Stretch, area: int, base: Fraction) -> bool:
    """Something moves all the time."""
    if _is_slow(stretch, base):
        return False
    sizes = [each.size for each in stretch.packets if not each.is_keyframe]
    return bool(sizes) and float(np.percentile(sizes, 90)) > area / _BUSY


def around(stretch: Stretch, place: int) -> Sequence[int]:
    """Places of the frames shown just before one: the frame it builds on, and those in between.

    One more at the end, where some of these are built on: else it would stand for the newest.
    """
    packets = stretch.packets
    at = packets[place].pts
    before = place - 1
    while before > 0 and packets[before].is_disposable:
        before -= 1
    after = place + 1
    while after < len(packets) and packets[after].pts < at:
        after += 1
    between = range(place + 1, after)
    more = any(not packets[each].is_disposable for each in between)
    return [*range(max(0, before), place), place, *between, *([after] if more else [])][
        : len(packets) - max(0, before)
    ]
