"""Chapters: they tile the whole video, from 0 to its end."""

from dataclasses import dataclass

SHORTEST_CHAPTER_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """`first` and `last` are segment numbers; None where nobody speaks in it."""

    number: int  # from 1
    start_ms: int
    end_ms: int
    title: str
    summary: str = ""
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermEntry:
    """A key term with the segment that explains it."""

    term: str
    meaning: str
    segment: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Something said, with the segments it rests on; there is no point without any."""

    text: str
    segments: tuple[int, ...]
    owner: str | None = None  # of an action
    due: str | None = None  # as it was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """What a note says before it is laid out; `summary` are paragraphs.

    `points` are the chosen ones; `details` all the others, so that nothing that was found is lost.
    `extractive`: made of the speakers' own sentences, without a model.
    """

    summary: tuple[Point, ...] = ()
    points: tuple[Point, ...] = ()
    details: tuple[Point, ...] = ()
    decisions: tuple[Point, ...] = ()
    actions: tuple[Point, ...] = ()
    questions: tuple[Point, ...] = ()
    terms: tuple[TermEntry, ...] = ()
    extractive: bool = False
