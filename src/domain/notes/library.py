"""A workspace's transcripts as a library: what is found in them, and what they answer."""

from dataclasses import dataclass

from domain.notes.highlight import Grounding
from domain.notes.note import NoteId
from domain.notes.transcript import Segment
from domain.notes.video import VideoId


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A segment in which something was found; `rank` compares hits of one search."""

    note_id: NoteId
    video_id: VideoId
    title: str
    segment: Segment
    rank: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where it was said, word for word; the times are those of the words."""

    note_id: NoteId
    title: str
    start_ms: int
    end_ms: int
    quote: str
    segments: tuple[int, ...]
    grounding: Grounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One part of an answer with what it rests on; there is none without a citation."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryAnswer:
    """`extractive`: these are the speakers' own words, found without a model.

    No statements: the library says nothing about it. `dropped` counts what could not be borne out.
    """

    statements: tuple[Statement, ...]
    engine: str
    model: str
    extractive: bool
    dropped: int = 0
