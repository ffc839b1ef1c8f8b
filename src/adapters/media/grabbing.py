"""Frames at given times, as JPEG, each with the time it really has."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from adapters.media.messages import Grabbed, GrabCall
from adapters.media.opening import frames, opened, video_at
from adapters.media.tracks import pixel_shape
from adapters.media.upright import pixels
from domain.notes.media import DamagedMedia

_QUALITY: Final = 88
_NEAR: Final = 3  # seconds; sooner than that it is quicker to go on than to seek
_ROUNDING: Final = Fraction(1, 1000)  # times are whole milliseconds
_BACK: Final = (0, 2, 10, 60, 600)  # seconds to seek before a time, until something is there


@dataclass(slots=True)
class Reel:
    """A video one can go to a time in; times are seconds of the container's clock."""

    container: InputContainer
    stream: VideoStream
    _running: Iterator[VideoFrame] | None = None
    _current: VideoFrame | None = None

    def at(self, time: Fraction) -> VideoFrame | None:
        """The frame at that time or just after it; past the end the last one."""
        current = self._current
        if current is not None and 0 <= time - self.time(current) <= _NEAR:
            return self._forward(time)
        for back in _BACK:
            self._seek(time - back)
            found = self._forward(time, fresh=True)
            if found is not None:
                return found
        return None

    def from_(self, time: Fraction) -> Iterator[VideoFrame]:
        """Frames one after the other, the first of them before that time if there is one."""
        for back in _BACK[1:]:
            self._seek(time - back)
            first = next(self._running or iter(()), None)
            if first is not None and (self.time(first) <= time or back == _BACK[-1]):
                yield first
                yield from self._running or ()
                return

    def time(self, frame: VideoFrame) -> Fraction:
        return (frame.pts or 0) * (self.stream.time_base or Fraction(1, 1000))

    def _seek(self, time: Fraction) -> None:
        base = self.stream.time_base or Fraction(1, 1000)
        with suppress(FFmpegError):
            self.container.seek(int(time / base), stream=self.stream)
        self.stream.codec_context.flush_buffers()
        self._running, self._current = frames(self.container, self.stream), None

    def _forward(self, time: Fraction, *, fresh: bool = False) -> VideoFrame | None:
        """None where decoding began after it, unless nothing is before that."""
        last = self._current
        if last is not None and self.time(last) >= time - _ROUNDING:
            return last
        first = True
        for frame in self._running or ():
            if frame.is_corrupt:
                continue
            late = self.time(frame) >= time - _ROUNDING
            if late and first and fresh and self.time(frame) > time + _ROUNDING + self._step:
                return None
            first, last = False, frame
            if late:
                break
        self._current = last
        return last

    @property
    def _step(self) -> Fraction:
        rate = self.stream.average_rate
        return 2 / Fraction(rate) if rate else Fraction(1, 10)


def grab(path: Path, call: GrabCall, folder: Path) -> tuple[Grabbed, ...]:
    """One picture a time, in their order. Raises NotMedia, DamagedMedia."""
    with opened(path) as container:
        stream = video_at(container, call.track)
        reel, shape = Reel(container, stream), pixel_shape(stream)
        made: dict[int, Grabbed] = {}
        for number, time_ms in sorted(enumerate(call.times_ms), key=lambda each: each[1]):
            frame = reel.at(Fraction(time_ms + call.offset_ms, 1000))
            if frame is None:
                raise DamagedMedia("No picture of this video can be decoded.", found="no-frame")
            rgb = pixels(frame, shape, call.width, call.dynamic)
            name = f"frame-{number:05}.jpg"
            Image.fromarray(rgb).save(folder / name, "JPEG", quality=_QUALITY, subsampling=0)
            made[number] = Grabbed(
                name=name,
                time_ms=max(0, round(reel.time(frame) * 1000) - call.offset_ms),
                width=rgb.shape[1],
                height=rgb.shape[0],
            )
    return tuple(made[number] for number in range(len(call.times_ms)))
