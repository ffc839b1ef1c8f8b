"""A stretch of a video as a file of its own, coded anew so that it begins and ends exactly."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame

from adapters.media.grabbing import Reel
from adapters.media.messages import CutAnswer, CutCall
from adapters.media.opening import audio_at, opened, packets, video_at
from adapters.media.probing import heard
from adapters.media.sound import Samples, SoundClock
from adapters.media.tracks import pixel_shape
from adapters.media.upright import frame_of, pixels
from domain.notes.media import DamagedMedia

_RATE: Final = 48_000
_TICKS: Final = 90_000
_WIDTH: Final = 1920  # pixels
_VIDEO: Final = {"preset": "veryfast", "crf": "21", "threads": "2"}
_LEAD: Final = 1  # seconds of sound decoded before, for coders that look back
_BITS: Final = 128_000


def cut(path: Path, call: CutCall, target: Path) -> CutAnswer:
    """Raises NotMedia, DamagedMedia."""
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as made:
        return _Cutter(path, call, made).run()


@dataclass(slots=True)
class _Cutter:
    path: Path
    call: CutCall
    made: OutputContainer
    start: Fraction = Fraction(0)
    end: Fraction = Fraction(0)
    begun: Fraction | None = None
    ended: Fraction = Fraction(0)
    queue: list[tuple[Fraction, Any]] = field(default_factory=list)

    def run(self) -> CutAnswer:
        call = self.call
        self.start = Fraction(call.span.start_ms + call.offset_ms, 1000)
        self.end = Fraction(call.span.end_ms + call.offset_ms, 1000)
        sound = None if call.audio is None else self._sound_stream()
        if call.video is not None:
            self._pictures(call.video)
        if sound is not None:
            self._sound(sound)
        for _, packet in sorted(self.queue, key=lambda each: each[0]):
            self.made.mux(packet)
        if self.begun is None:
            raise DamagedMedia("Nothing can be decoded there.", found="no-frame")
        return CutAnswer(
            start_ms=round(self.begun * 1000) - call.offset_ms,
            end_ms=round(self.ended * 1000) - call.offset_ms,
        )

    def _pictures(self, track: int) -> None:
        with opened(self.path) as container:
            stream = video_at(container, track)
            shape, reel = pixel_shape(stream), Reel(container, stream)
            coder: Any = None
            for frame, at, length in self._wanted(reel):
                rgb = pixels(frame, shape, _WIDTH, self.call.dynamic)
                height, width = rgb.shape[0] // 2 * 2 or 2, rgb.shape[1] // 2 * 2 or 2
                if coder is None:
                    coder = self._video_coder(width, height, stream.average_rate)
                shown = frame_of(rgb).reformat(width=coder.width, height=coder.height)
                shown = shown.reformat(format="yuv420p", dst_colorspace=1)
                shown.pts, shown.time_base = round((at - self.start) * _TICKS), Fraction(1, _TICKS)
                shown.duration = round(length * _TICKS)
                self._keep(coder, coder.encode(shown))
                self.begun = at if self.begun is None else self.begun
                self.ended = at + length
            if coder is not None:
                self._keep(coder, coder.encode(None))

    def _wanted(self, reel: Reel) -> Iterator[tuple[VideoFrame, Fraction, Fraction]]:
        """Frames of the span with the time each stands; the first may have begun before it."""
        before: tuple[VideoFrame, Fraction] | None = None
        for frame in reel.from_(self.start):
            at = reel.time(frame)
            if before is not None and at > self.start:
                yield self._clipped(*before, min(at, self.end))
            if at >= self.end:
                return
            before = (frame, at)
        if before is not None:
            usual = Fraction(1) / Fraction(reel.stream.average_rate or 25)
            yield self._clipped(*before, min(self.end, before[1] + usual))

    def _clipped(
        self, frame: VideoFrame, at: Fraction, until: Fraction
    ) -> tuple[VideoFrame, Fraction, Fraction]:
        sooner = max(at, self.start)
        return frame, sooner, max(until - sooner, Fraction(1, _TICKS))

    def _video_coder(self, width: int, height: int, rate: Fraction | None) -> Any:
        coder: Any = self.made.add_stream("libx264", rate=rate or 25, options=dict(_VIDEO))
        coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
        coder.codec_context.time_base = Fraction(1, _TICKS)
        return coder

    def _keep(self, coder: Any, coded: list[Any]) -> None:
        """Sound and picture are coded one after the other, and stored as they are played."""
        for packet in coded:
            at = packet.dts if packet.dts is not None else packet.pts or 0
            self.queue.append((at * packet.time_base, packet))

    def _sound_stream(self) -> Any:
        return self.made.add_stream("aac", rate=_RATE, layout="stereo", bit_rate=_BITS)

    def _sound(self, coder: Any) -> None:
        clock = SoundClock(zero=self.start, rate=_RATE, layout="stereo")
        wanted = round((self.end - self.start) * _RATE)
        given = 0
        with opened(self.path) as container:
            for samples in self._samples(container, clock, wanted):
                part = samples[:, : wanted - given]
                if part.shape[1]:
                    self._encode(coder, part, given)
                    given += part.shape[1]
        self._keep(coder, coder.encode(None))
        if self.begun is None:
            self.begun, self.ended = self.start, self.start + Fraction(given, _RATE)

    def _samples(
        self, container: InputContainer, clock: SoundClock, wanted: int
    ) -> Iterator[Samples]:
        stream = audio_at(container, self.call.audio or 0)
        with suppress(FFmpegError):
            container.seek(int((self.start - _LEAD) * 1_000_000))
        for packet in packets(container, stream):
            for frame in heard(stream, packet):
                yield from clock.take(frame)
            if clock.position >= wanted:
                return
        yield from clock.finish(wanted)

    def _encode(self, coder: Any, samples: Samples, at: int) -> None:
        import numpy as np

        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format="s16p", layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = _RATE, at, Fraction(1, _RATE)
        self._keep(coder, coder.encode(frame))
