"""A transcript: segments in order of time, each with its words."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.errors import NotFound


class SegmentNotFound(NotFound):
    code = "notes.segment-not-found"


class Origin(StrEnum):
    RECOGNISED = "recognised"
    EMBEDDED = "embedded"  # a caption track of the file
    SIDECAR = "sidecar"  # a caption file that came with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """`estimated`: the engine gave no time for it; it was spread inside its line."""

    start_ms: int
    end_ms: int
    text: str
    estimated: bool = False
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """About a sentence. `number` counts from 1 and names it for good, edits included."""

    number: int
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    shard: int = 0
    speaker: str | None = None
    language: str | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """`language` of most of it; None where nobody speaks."""

    segments: tuple[Segment, ...]
    language: str | None
    origin: Origin
    engine: str
    model: str
    word_times: bool  # of the engine's own


class MinuteState(StrEnum):
    TRANSCRIBED = "transcribed"
    SILENT = "silent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """What became of one minute of the video; `summarised`: all its segments went into a note."""

    number: int  # from 0
    state: MinuteState
    speech_ms: int
    segments: int
    summarised: bool
