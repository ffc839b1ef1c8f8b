"""Which of the frames that were found are shown; by rules over candidates, never by times told."""

from collections.abc import Sequence
from typing import Final

from domain.notes.frames import FrameCandidate, FrameKind
from domain.notes.outline import Chapter

_ALIKE: Final = 6  # bits of 64 in which two looks may differ and still be one picture
_DULL: Final = 0.02  # content of a frame with nothing on it
MOST: Final = 60
_RANK: Final = {FrameKind.SLIDE: 0, FrameKind.SCENE: 1, FrameKind.STILL: 2}


def shown(
    candidates: Sequence[FrameCandidate], chapters: Sequence[Chapter], most: int | None
) -> tuple[FrameCandidate, ...]:
    """In order of time: every different slide, and one frame at least of each chapter.

    Where that is more than `most`, each chapter keeps its best in turn.
    """
    limit = MOST if most is None else min(most, MOST)
    different = _different([each for each in candidates if each.content > _DULL])
    by_chapter = [_best_first(different, chapter) for chapter in chapters] or [
        sorted(different, key=_worth)
    ]
    chosen: list[FrameCandidate] = []
    for turn in range(max(map(len, by_chapter), default=0)):
        for frames in by_chapter:
            wanted = turn < len(frames) and (turn == 0 or frames[turn].kind is FrameKind.SLIDE)
            if wanted and len(chosen) < limit:
                chosen.append(frames[turn])
    return tuple(sorted(chosen, key=lambda each: each.time_ms))


def chapter_of(time_ms: int, chapters: Sequence[Chapter]) -> int:
    """Its number; 0 where there are none."""
    return next((each.number for each in reversed(chapters) if each.start_ms <= time_ms), 0)


def _different(candidates: Sequence[FrameCandidate]) -> list[FrameCandidate]:
    """Of those that look alike the fullest stays: a slide that is built up, once it is whole."""
    kept: list[FrameCandidate] = []
    for each in candidates:
        twin = next((at for at, other in enumerate(kept) if _alike(each, other)), None)
        if twin is None:
            kept.append(each)
        elif each.content > kept[twin].content:
            kept[twin] = each
    return kept


def _alike(one: FrameCandidate, other: FrameCandidate) -> bool:
    return (one.look ^ other.look).bit_count() <= _ALIKE


def _best_first(candidates: Sequence[FrameCandidate], chapter: Chapter) -> list[FrameCandidate]:
    inside = [each for each in candidates if chapter.start_ms <= each.time_ms < chapter.end_ms]
    return sorted(inside, key=_worth)


def _worth(frame: FrameCandidate) -> tuple[int, float, int]:
    return _RANK[frame.kind], -(frame.sharpness + frame.content), frame.time_ms
