"""Sound on the note's clock: what starts late or has holes is filled, so that no time shifts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from domain.notes.media import Span

Samples = NDArray[np.int16]  # channels, samples

_SLACK: Final = 0.015  # seconds a frame may be off before it is put in its place
_GAP: Final = 100  # milliseconds; shorter holes are not worth telling
_BLOCK: Final = 30  # seconds of silence made at once


@dataclass(slots=True, kw_only=True)
class SoundClock:
    """Takes decoded frames and gives samples from `zero` on, in seconds of the container's clock.

    `position` counts what was given, `decoded` what really was in the file. Frames are many:
    floats count them, which are exact to a millionth of a sample after a day.
    """

    zero: Fraction
    rate: int
    layout: str = "mono"
    position: int = 0
    decoded: float = 0.0  # seconds
    gaps: list[Span] = field(default_factory=list)
    _expected: float = 0.0  # sample where the next frame begins if nothing is missing
    _zero: float = 0.0
    _drop: int = 0
    _resampler: AudioResampler | None = None

    def __post_init__(self) -> None:
        self._zero = float(self.zero)

    @property
    def channels(self) -> int:
        return 1 if self.layout == "mono" else 2

    def take(self, frame: AudioFrame) -> Iterator[Samples]:
        base = frame.time_base or Fraction(1, frame.sample_rate)
        at = (frame.pts or 0) * base.numerator / base.denominator
        due = (at - self._zero) * self.rate
        length = frame.samples * self.rate / frame.sample_rate
        if due + length <= self.position:
            return  # all of it was given before
        drift = due - self._expected
        slack = _SLACK * self.rate if self.decoded else 0
        if drift > slack:
            yield from self.flush()
            yield from self.fill(round(due))
            self._expected = due
        elif -drift > slack:
            yield from self.flush()
            self._drop = self.position - round(due)
            self._expected = due
        self._expected += length
        self.decoded += length / self.rate
        yield from self._resampled(frame)

    def flush(self) -> Iterator[Samples]:
        """What the resampler still holds."""
        if self._resampler is not None:
            yield from self._given(self._resampler.resample(None))
            self._resampler = None

    def fill(self, until: int) -> Iterator[Samples]:
        """Silence up to that sample."""
        start = self.position
        while self.position < until:
            count = min(_BLOCK * self.rate, until - self.position)
            self.position += count
            yield np.zeros((self.channels, count), np.int16)
        gap = Span(start_ms=self._ms(start), end_ms=self._ms(self.position))
        if gap.length_ms >= _GAP:
            self.gaps.append(gap)

    def finish(self, until: int) -> Iterator[Samples]:
        yield from self.flush()
        yield from self.fill(until)

    def _ms(self, samples: int) -> int:
        return round(samples * 1000 / self.rate)

    def _resampled(self, frame: AudioFrame) -> Iterator[Samples]:
        if self._resampler is None:
            self._resampler = AudioResampler(format="s16p", layout=self.layout, rate=self.rate)
        try:
            given = self._resampler.resample(frame)
        except ValueError:  # the sound changed its form in the middle
            yield from self.flush()
            self._resampler = AudioResampler(format="s16p", layout=self.layout, rate=self.rate)
            given = self._resampler.resample(frame)
        yield from self._given(given)

    def _given(self, frames: list[Any]) -> Iterator[Samples]:
        for frame in frames:
            samples: Samples = frame.to_ndarray()
            if self._drop:
                cut = min(self._drop, samples.shape[1])
                self._drop -= cut
                samples = samples[:, cut:]
            if samples.shape[1]:
                self.position += samples.shape[1]
                yield samples
