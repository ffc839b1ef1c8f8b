"""Where chapters begin, and how they come to tile the whole video."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, pstdev
from typing import Final

from domain.notes.outline import SHORTEST_CHAPTER_MS, Chapter
from domain.notes.transcript import Segment

_USUAL_MS: Final = 6 * 60_000  # what a chapter lasts, roughly
_FEWEST_MS: Final = 60_000  # between two boundaries found by topic
MOST: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterStart:
    """A chapter begins with the segment of this number."""

    segment: int
    title: str
    summary: str = ""


def tiled(
    starts: Sequence[ChapterStart], segments: Sequence[Segment], duration_ms: int
) -> tuple[Chapter, ...]:
    """Chapters without gap or overlap from 0 to the end, at least 30 s each.

    A start that names no segment is passed over; one that comes too soon goes into the chapter
    before it. Without any start there is one chapter.
    """
    if duration_ms <= 0:
        return ()
    by_number = {segment.number: segment for segment in segments}
    known = {each.segment: each for each in reversed(starts) if each.segment in by_number}
    ordered = [known[number] for number in sorted(known)]
    kept: list[tuple[int, ChapterStart]] = []
    for start in ordered:
        at = by_number[start.segment].start_ms if kept else 0
        if kept and at - kept[-1][0] < SHORTEST_CHAPTER_MS:
            continue
        if kept and duration_ms - at < SHORTEST_CHAPTER_MS:
            continue
        kept.append((at, start))
    kept = kept or [(0, ChapterStart(segment=0, title=""))]
    chapters = [_chapter(at, kept, duration_ms) for at in range(len(kept))]
    return tuple(_with_segments(each, segments) for each in _merged(chapters))


def by_topic(
    shifts: Sequence[float], starts_ms: Sequence[int], duration_ms: int
) -> tuple[int, ...]:
    """Indexes of the texts that begin a chapter, the first among them.

    `shifts` says how much the topic changes before each text, `starts_ms` when it begins.
    """
    if not starts_ms:
        return ()
    wanted = min(max(round(duration_ms / _USUAL_MS), 1), MOST) - 1
    later = shifts[1:]
    if not later or not wanted:
        return (0,)
    enough = fmean(later) + 0.5 * pstdev(later)
    chosen = [0]
    for at in sorted(range(1, len(shifts)), key=lambda each: -shifts[each]):
        if len(chosen) > wanted or shifts[at] < enough:
            break
        far = all(abs(starts_ms[at] - starts_ms[other]) >= _FEWEST_MS for other in chosen[1:])
        if far and starts_ms[at] >= _FEWEST_MS and duration_ms - starts_ms[at] >= _FEWEST_MS:
            chosen.append(at)
    return tuple(sorted(chosen))


def _chapter(at: int, kept: Sequence[tuple[int, ChapterStart]], duration_ms: int) -> Chapter:
    begin, start = kept[at]
    end = kept[at + 1][0] if at + 1 < len(kept) else duration_ms
    return Chapter(
        number=at + 1, start_ms=begin, end_ms=end, title=start.title, summary=start.summary
    )


def _merged(chapters: Sequence[Chapter]) -> list[Chapter]:
    """At most MOST of them: the shortest goes into the one before it."""
    left = list(chapters)
    while len(left) > MOST:
        at = min(range(1, len(left)), key=lambda each: left[each].end_ms - left[each].start_ms)
        before = left[at - 1]
        told = " ".join(filter(None, (before.summary, left[at].summary)))
        left[at - 1 : at + 1] = [replace(before, end_ms=left[at].end_ms, summary=told)]
    return [replace(each, number=number) for number, each in enumerate(left, start=1)]


def _with_segments(chapter: Chapter, segments: Sequence[Segment]) -> Chapter:
    inside = [
        segment.number
        for segment in segments
        if chapter.start_ms <= segment.start_ms < chapter.end_ms
    ]
    if not inside:
        return chapter
    return replace(chapter, first=inside[0], last=inside[-1])
