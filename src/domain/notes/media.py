"""What a media file is, as measured: streams, length, and where its clocks start.

All times are milliseconds on the note's own clock: 0 is the earliest sample of any chosen stream.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.errors import Invalid


class NotMedia(Invalid):
    """Zero bytes, text, a playlist, or a container nobody can read; facts: `found`."""

    code = "notes.not-media"


class DamagedMedia(Invalid):
    """The container is broken so that nothing of it can be decoded."""

    code = "notes.damaged-media"


class NothingToNote(Invalid):
    """There is neither sound nor picture in it."""

    code = "notes.nothing-to-note"


class MediaTooLong(Invalid):
    """Facts: `duration_ms`, `limit_ms`."""

    code = "notes.media-too-long"


class UnknownTrack(Invalid):
    """Facts: `track`, `tracks`."""

    code = "notes.unknown-track"


class Dynamic(StrEnum):
    """How bright the video's white is; what is not SDR is mapped to it for screenshots."""

    SDR = "sdr"
    PQ = "pq"
    HLG = "hlg"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTrack:
    """`width` and `height` as shown, after rotation and pixel shape."""

    index: int
    codec: str
    width: int
    height: int
    rotation: int  # degrees clockwise that a player turns it: 0, 90, 180, 270
    frame_rate: float  # average
    variable_rate: bool
    interlaced: bool
    dynamic: Dynamic


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTrack:
    index: int
    codec: str
    language: str | None  # ISO 639-1 where it can be told
    title: str | None
    channels: int
    default: bool
    commentary: bool  # or for people who cannot see: never chosen by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionTrack:
    """`text`: its captions can be read; pictures of text cannot."""

    index: int
    codec: str
    language: str | None
    title: str | None
    forced: bool
    text: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """`offset_ms` is what the container's own clock shows at our 0.

    `measured`: the length was counted from packets, for the header has none or lies.
    """

    container: str
    duration_ms: int
    measured: bool
    offset_ms: int
    video: VideoTrack | None
    audio: tuple[AudioTrack, ...]
    captions: tuple[CaptionTrack, ...]
    audio_choice: int | None  # index of the audio track that is listened to
    warnings: tuple[str, ...] = ()  # codes, such as `truncated`


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """[start, end) in milliseconds."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioShard:
    """A stretch of sound cut at silence, stored as FLAC under `key`; `speech` lies inside it."""

    number: int  # from 0
    span: Span
    key: str
    size: int
    sha256: str
    speech: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """The whole sound, in shards that follow each other without gap or overlap.

    `level_db` is the loudness of what is not silent, None where all is; `gaps` are stretches the
    file has no sound for, which are silence in the shards.
    """

    shards: tuple[AudioShard, ...]
    speech_ms: int
    level_db: float | None
    gaps: tuple[Span, ...]
    decoded_ms: int
