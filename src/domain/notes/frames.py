"""Frames worth showing: found by looking, never by asking a model for a time."""

from dataclasses import dataclass
from enum import StrEnum

from domain.artifacts.artifact import ArtifactId
from domain.notes.media import Span


class FrameKind(StrEnum):
    SLIDE = "slide"  # stands still, and something on it changed
    SCENE = "scene"  # after a cut
    STILL = "still"  # neither; the best there is


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameCandidate:
    """`number` names it. `time_ms` is the true time of the frame; `stable` is how long it stands.

    `sharpness` and `content` from 0 to 1; `look` is a perceptual hash of 64 bits.
    """

    number: int
    time_ms: int
    stable: Span
    kind: FrameKind
    sharpness: float
    content: float
    look: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """`cuts` are the times of the first frames after a change."""

    candidates: tuple[FrameCandidate, ...]
    cuts: tuple[int, ...]
    frames_decoded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A frame as it was really taken: `time_ms` is that of the frame, not the one asked for."""

    key: str
    size: int
    sha256: str
    time_ms: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """A clip as it was really cut."""

    key: str
    size: int
    sha256: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Screenshot:
    """A picture in a note; `image_id` is its artifact, `caption` what was said meanwhile."""

    number: int  # from 1, by time
    image_id: ArtifactId
    at_ms: int
    chapter: int
    kind: FrameKind
    width: int
    height: int
    caption: str
