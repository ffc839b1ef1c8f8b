"""How often frames come, from the times of packets: averages of headers hide a changing rate."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from statistics import median
from typing import Final

from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from adapters.media.opening import packets

_FIRST: Final = 300  # frames at the start
_LATER: Final = 120  # and at each of the places below
_PLACES: Final = (0.3, 0.6, 0.9)
_UNEVEN: Final = 1.2  # how much longer than others a frame may stand in a constant rate
_CLOCK_STEPS: Final = 1.5  # of rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    rate: float  # frames a second, 0 where there is but one
    variable: bool


def rhythm_of(container: InputContainer, stream: VideoStream, end: Fraction | None) -> Rhythm:
    """Reads here and there up to `end`, in seconds of the container's clock."""
    samples = [_steps(container, stream, _FIRST)]
    for place in _PLACES if end else ():
        try:
            container.seek(int(Fraction(end or 0) * Fraction(place) / _base(stream)), stream=stream)
        except FFmpegError:
            continue
        samples.append(_steps(container, stream, _LATER))
    steps = [step for sample in samples for step in sample]
    if not steps:
        return Rhythm(rate=0.0, variable=False)
    usual = median(steps)
    slack = max(usual * (_UNEVEN - 1), _CLOCK_STEPS)
    odd = sum(abs(step - usual) > slack for step in steps)
    mean = sum(steps) / len(steps)
    measured, header = float(1 / (mean * _base(stream))), float(stream.average_rate or 0)
    trusted = abs(header - measured) < measured / 10 or odd
    rate = header if header and trusted else measured
    return Rhythm(rate=rate, variable=odd > max(1, len(steps) // 50))


def _base(stream: VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, 1000)


def _steps(container: InputContainer, stream: VideoStream, most: int) -> list[int]:
    times = sorted(islice(_times(container, stream), most))
    times = times[:-8] if len(times) == most else times  # some before these may still be to come
    return [later - sooner for sooner, later in pairwise(times) if later > sooner]


def _times(container: InputContainer, stream: VideoStream) -> Iterator[int]:
    for packet in packets(container, stream):
        if packet.pts is not None:
            yield packet.pts
