"""What goes to a media child and comes back; `name`s are files of the scratch folder."""

from collections.abc import Sequence

import msgspec

from domain.notes.frames import FrameKind
from domain.notes.media import Dynamic, Span


class ProbeCall(msgspec.Struct):
    source: str
    language: str | None
    track: int | None
    limit_ms: int


class ListenCall(msgspec.Struct):
    source: str
    track: int
    offset_ms: int
    duration_ms: int
    shard_ms: int
    longest_ms: int


class Done(msgspec.Struct, tag=True):
    """So much of it is behind us."""

    ms: int


class MadeShard(msgspec.Struct, tag=True):
    """The parent stores it and takes it away, while the child waits."""

    number: int
    start_ms: int
    end_ms: int
    name: str
    size: int
    sha256: str
    speech: Sequence[Span]


class ListenAnswer(msgspec.Struct):
    speech_ms: int
    level_db: float | None
    gaps: tuple[Span, ...]
    decoded_ms: int


class LookCall(msgspec.Struct):
    source: str
    track: int
    offset_ms: int
    duration_ms: int


class SeenFrame(msgspec.Struct):
    """`look` as hexadecimal: its 64 bits have no sign."""

    time_ms: int
    stable: Span
    kind: FrameKind
    sharpness: float
    content: float
    look: str


class LookAnswer(msgspec.Struct):
    candidates: tuple[SeenFrame, ...]
    cuts: tuple[int, ...]
    frames_decoded: int


class GrabCall(msgspec.Struct):
    source: str
    track: int
    offset_ms: int
    times_ms: tuple[int, ...]
    width: int
    dynamic: Dynamic


class Grabbed(msgspec.Struct):
    name: str
    time_ms: int
    width: int
    height: int


class CutCall(msgspec.Struct):
    source: str
    video: int | None
    audio: int | None
    offset_ms: int
    span: Span
    dynamic: Dynamic
    target: str


class CutAnswer(msgspec.Struct):
    start_ms: int
    end_ms: int


class CaptionsCall(msgspec.Struct):
    source: str
    track: int
    offset_ms: int
