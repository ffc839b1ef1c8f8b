"""The streams of a container as tracks of ours, and which of them a note is made from."""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.languages import short_language
from adapters.media.rhythm import Rhythm
from domain.notes.media import AudioTrack, CaptionTrack, Dynamic, UnknownTrack, VideoTrack

_NO_PICTURE: Final = Disposition.attached_pic | Disposition.timed_thumbnails
_ASIDE: Final = Disposition.comment | Disposition.visual_impaired | Disposition.descriptions
_ASIDE_TITLE: Final = re.compile(
    r"comment|kommentar|coment|audio.?desc|described|visually|director", re.IGNORECASE
)
_DYNAMICS: Final = {16: Dynamic.PQ, 18: Dynamic.HLG}
_TEXTS: Final = {"mov_text", "subrip", "srt", "webvtt", "ass", "ssa", "text"}
_TURNS: Final = {90, 270}


def video_stream(container: InputContainer) -> VideoStream | None:
    """The default one, or the largest; a cover is no video."""
    found = [
        stream
        for stream in container.streams.video
        if not stream.disposition & _NO_PICTURE and _decodable(stream)
    ]
    return max(found, key=_prominence, default=None)


def _prominence(stream: VideoStream) -> tuple[bool, int]:
    return bool(stream.disposition & Disposition.default), _pixels(stream)


def _pixels(stream: VideoStream) -> int:
    return stream.codec_context.width * stream.codec_context.height


def audio_streams(container: InputContainer) -> list[AudioStream]:
    return [stream for stream in container.streams.audio if _decodable(stream)]


def _decodable(stream: Stream) -> bool:
    """A codec nobody knows has no context."""
    return getattr(stream, "codec_context", None) is not None


def video_track(stream: VideoStream, first: VideoFrame, rhythm: Rhythm) -> VideoTrack:
    rotation = -first.rotation % 360
    rotation = round(rotation / 90) * 90 % 360
    shape = pixel_shape(stream)
    width, height = round(first.width * shape), first.height
    if rotation in _TURNS:
        width, height = height, width
    return VideoTrack(
        index=stream.index,
        codec=stream.codec_context.name,
        width=width,
        height=height,
        rotation=rotation,
        frame_rate=round(rhythm.rate, 3),
        variable_rate=rhythm.variable,
        interlaced=first.interlaced_frame,
        dynamic=_DYNAMICS.get(int(first.color_trc), Dynamic.SDR),
    )


def pixel_shape(stream: VideoStream) -> Fraction:
    """Width by height of one pixel; what is absurd counts as square."""
    shape = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    if not shape or not Fraction(1, 8) <= shape <= 8:  # noqa: PLR2004
        return Fraction(1)
    return Fraction(shape)


def audio_track(stream: AudioStream) -> AudioTrack:
    title = _title(stream)
    aside = bool(stream.disposition & _ASIDE) or bool(_ASIDE_TITLE.search(title or ""))
    return AudioTrack(
        index=stream.index,
        codec=stream.codec_context.name,
        language=short_language(stream.language),
        title=title,
        channels=stream.codec_context.channels,
        default=bool(stream.disposition & Disposition.default),
        commentary=aside,
    )


def caption_tracks(container: InputContainer) -> tuple[CaptionTrack, ...]:
    return tuple(
        _caption_track(stream) for stream in container.streams.subtitles if _decodable(stream)
    )


def _caption_track(stream: SubtitleStream) -> CaptionTrack:
    name = stream.codec_context.name
    return CaptionTrack(
        index=stream.index,
        codec=name,
        language=short_language(stream.language),
        title=_title(stream),
        forced=bool(stream.disposition & Disposition.forced),
        text=name in _TEXTS,
    )


def _title(stream: Stream) -> str | None:
    title = stream.metadata.get("title") or stream.metadata.get("handler_name") or ""
    return None if title in {"", "SoundHandler", "SubtitleHandler"} else title[:200]


def choose_audio(
    tracks: Sequence[AudioTrack], *, language: str | None, track: int | None
) -> int | None:
    """By wish, else by language, else the default; what is spoken about a film comes last.

    Raises UnknownTrack.
    """
    if track is not None:
        known = [each.index for each in tracks]
        if track not in known:
            raise UnknownTrack("There is no such sound track.", track=track, tracks=known)
        return track
    wanted = short_language(language)
    best = min(
        tracks,
        key=lambda each: (
            each.commentary,
            wanted is not None and each.language != wanted,
            not each.default,
        ),
        default=None,
    )
    return None if best is None else best.index


def indexes(tracks: Iterable[AudioTrack | VideoTrack | None]) -> list[int]:
    return [each.index for each in tracks if each is not None]
