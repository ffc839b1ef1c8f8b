"""Passages: runs of segments that a model, or a person, reads in one go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.notes.timestamps import clock
from domain.notes.transcript import Segment
from domain.notes.writing import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """`first` to `last` are segment numbers, both included."""

    number: int  # from 0
    first: int
    last: int


def passages(
    segments: Sequence[Segment], tokens: Callable[[str], int], budget: int
) -> tuple[Passage, ...]:
    """Every segment in exactly one, in order, each of at most `budget` tokens when written.

    A segment longer than the budget is a passage of its own.
    """
    found: list[Passage] = []
    first, used = 0, 0
    for at, segment in enumerate(segments):
        cost = tokens(written(segment))
        if at > first and used + cost > budget:
            found.append(_passage(len(found), segments[first:at]))
            first, used = at, 0
        used += cost
    if segments:
        found.append(_passage(len(found), segments[first:]))
    return tuple(found)


def written(segment: Segment) -> str:
    """A segment as a model reads it: its number, its time, who speaks, and the text."""
    who = f" {one_line(segment.speaker)}:" if segment.speaker else ""
    return f"[{segment.number}] {clock(segment.start_ms)}{who} {one_line(segment.text)}\n"


def _passage(number: int, segments: Sequence[Segment]) -> Passage:
    return Passage(number=number, first=segments[0].number, last=segments[-1].number)
