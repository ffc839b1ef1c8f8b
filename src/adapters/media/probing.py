"""What a file is: streams, the length that is really there, and where its clocks start."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.opening import decoded, frugal, opened, packets
from adapters.media.rhythm import Rhythm, rhythm_of
from adapters.media.tracks import (
    audio_streams,
    audio_track,
    caption_tracks,
    choose_audio,
    video_stream,
    video_track,
)
from domain.notes.media import DamagedMedia, MediaFacts, MediaTooLong, NothingToNote

_TAIL: Final = 5  # seconds before the end of the header, read to see whether it is there
_LIE: Final = 2  # seconds a header may be wrong
_TRIES: Final = 400  # packets in which the first picture or sound must be found


@dataclass(slots=True)
class Extent:
    """From the first to the last of what was read, in seconds of the container's clock."""

    start: Fraction | None = None
    end: Fraction | None = None

    def take(self, start: Fraction, length: Fraction) -> None:
        self.start = start if self.start is None else min(self.start, start)
        self.end = start + length if self.end is None else max(self.end, start + length)


@dataclass(slots=True, kw_only=True)
class _Chosen:
    video: VideoStream | None = None
    picture: VideoFrame | None = None
    sound: AudioStream | None = None
    starts: list[Fraction] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def streams(self) -> list[Stream]:
        return [each for each in (self.video, self.sound) if each is not None]


def probe(path: Path, *, language: str | None, track: int | None, limit_ms: int) -> MediaFacts:
    """Raises NotMedia, DamagedMedia, NothingToNote, UnknownTrack, MediaTooLong."""
    with opened(path) as container:
        heard = audio_streams(container)
        tracks = tuple(audio_track(stream) for stream in heard)
        choice = choose_audio(tracks, language=language, track=track)
        chosen = _chosen(container, [each for each in heard if each.index == choice])
        extent, measured = _extent(container, chosen)
        zero = min([*chosen.starts, *([extent.start] if measured and extent.start else [])])
        length = max(0, round((Fraction(extent.end or zero) - zero) * 1000))
        if length > limit_ms:
            raise MediaTooLong(
                f"A video may be {limit_ms // 3_600_000} hours long.",
                duration_ms=length,
                limit_ms=limit_ms,
            )
        rhythm = Rhythm(rate=0.0, variable=False)
        if chosen.video is not None:
            _rewind(container)
            rhythm = rhythm_of(container, chosen.video, extent.end)
        return MediaFacts(
            container=container.format.name,
            duration_ms=length,
            measured=measured,
            offset_ms=round(zero * 1000),
            video=None
            if chosen.video is None or chosen.picture is None
            else video_track(chosen.video, chosen.picture, rhythm),
            audio=tracks,
            captions=caption_tracks(container),
            audio_choice=None if chosen.sound is None else chosen.sound.index,
            warnings=tuple(chosen.warnings),
        )


def _chosen(container: InputContainer, sounds: Iterable[AudioStream]) -> _Chosen:
    """What can really be decoded, with the times of the first picture and sound."""
    chosen = _Chosen()
    video, sound = video_stream(container), next(iter(sounds), None)
    if video is None and sound is None:
        raise NothingToNote("There is neither sound nor picture in this file.")
    for stream in (video, sound):
        if stream is None:
            continue
        frugal(stream)
        first = _first(container, stream)
        if first is None:
            chosen.warnings.append(f"{stream.type}-unreadable")
            continue
        chosen.starts.append((first.pts or 0) * (first.time_base or Fraction(1, 1000)))
        if isinstance(first, VideoFrame):
            chosen.video, chosen.picture = video, first
        else:
            chosen.sound = sound
    if not chosen.starts:
        raise DamagedMedia("Nothing of this file can be decoded.", found="damaged")
    return chosen


def _first(
    container: InputContainer, stream: VideoStream | AudioStream
) -> VideoFrame | AudioFrame | None:
    _rewind(container)
    for tries, packet in enumerate(packets(container, stream)):
        found = _decoded(stream, packet)
        if found:
            return found[0]
        if tries > _TRIES:
            return None
    return next(iter(_decoded(stream, None)), None)


def _decoded(
    stream: VideoStream | AudioStream, packet: "Packet[Stream] | None"
) -> list[VideoFrame | AudioFrame]:
    if isinstance(stream, VideoStream):
        return [frame for frame in decoded(stream, packet) if not frame.is_corrupt]
    return [*heard(stream, packet)]


def _extent(container: InputContainer, chosen: _Chosen) -> tuple[Extent, bool]:
    """The end as the last packets say, and whether all had to be read for that."""
    header = _header_end(container, chosen)
    if header is not None:
        tail = Extent()
        try:
            container.seek(int(max(Fraction(0), header - _TAIL) * 1_000_000))
            _read(container, chosen.streams, tail)
        except FFmpegError:
            tail = Extent()
        if tail.end is not None and abs(tail.end - header) <= _LIE:
            return tail, False
    _rewind(container)
    whole = Extent()
    _read(container, chosen.streams, whole)
    if header is not None and Fraction(whole.end or 0) < header - _LIE:
        chosen.warnings.append("truncated")
    return whole, True


def _header_end(container: InputContainer, chosen: _Chosen) -> Fraction | None:
    ends = [
        (stream.start_time + stream.duration) * stream.time_base
        for stream in chosen.streams
        if stream.duration and stream.start_time is not None and stream.time_base
    ]
    if ends:
        return max(ends)
    if not container.duration or container.duration < 0:
        return None
    start = container.start_time if container.format.name in {"mpegts", "mpeg"} else 0
    return Fraction((start or 0) + container.duration, 1_000_000)


def _read(container: InputContainer, streams: list[Stream], extent: Extent) -> None:
    for packet in packets(container, *streams):
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None and not packet.is_corrupt and packet.time_base:
            length = packet.duration or 0
            extent.take(at * packet.time_base, length * packet.time_base)


def _rewind(container: InputContainer) -> None:
    """To the start, also where that lies before 0."""
    try:
        container.seek(-(1 << 40), any_frame=False)
    except FFmpegError:
        container.seek(0)
    for stream in (*container.streams.video, *container.streams.audio):
        if getattr(stream, "codec_context", None) is not None and stream.codec_context.is_open:
            stream.codec_context.flush_buffers()


def heard(stream: AudioStream, packet: "Packet[Stream] | None") -> list[AudioFrame]:
    """The sound of a packet; what is broken is passed over."""
    try:
        found = stream.codec_context.decode(packet)
    except FFmpegError:
        return []
    return [frame for frame in found if frame.pts is not None and frame.samples]
