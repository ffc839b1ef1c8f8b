"""A note's gist out of what its passages gave."""

from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any, Final, TypeVar

from domain.notes.outline import Gist, Point, TermEntry
from domain.notes.reading import Reading
from domain.notes.styles import Style
from domain.notes.support import has_said_numbers, is_about
from domain.notes.writing import one_line

T = TypeVar("T")

_PARAGRAPH: Final = 4  # sentences
_MOST_TERMS: Final = 24
_LONGEST: Final = 2_000


def gist_by_rank(reading: Reading, ranks: Sequence[float], style: Style) -> Gist:
    """Without a model: the most central points tell the summary, the next ones are key points."""
    order = sorted(range(len(reading.points)), key=lambda at: -ranks[at])
    told = sorted(order[: style.sentences])
    key = sorted(order[style.sentences : style.sentences + style.points])
    rest = sorted(order[style.sentences + style.points :])
    sentences = [reading.points[at] for at in told]
    return _gist(
        reading,
        summary=tuple(
            _paragraph(sentences[at : at + _PARAGRAPH])
            for at in range(0, len(sentences), _PARAGRAPH)
        ),
        points=tuple(reading.points[at] for at in key),
        details=tuple(reading.points[at] for at in rest),
        extractive=True,
    )


def gist_chosen(
    reading: Reading,
    answer: Mapping[str, Any],
    shown: Sequence[int],
    style: Style,
    said: Mapping[int, str],
    *,
    translated: bool = False,
) -> Gist:
    """By a model's choice among the points that were `shown` to it, numbered from 1.

    `said` is the text of each segment. A paragraph of the summary has to rest on points, and to be
    borne out by what was said there, else it is left out; where none is left, points tell it.
    """
    key = _chosen(answer.get("points"), shown)[: style.points] or _spread(shown, style.points)
    summary = []
    for paragraph in answer.get("summary") or ():
        rests = [reading.points[at] for at in _chosen(paragraph.get("points"), shown)]
        text = one_line(str(paragraph.get("text", "")))[:_LONGEST]
        segments = dict.fromkeys(chain.from_iterable(point.segments for point in rests))
        words = " ".join(
            [*(point.text for point in rests), *(said.get(each, "") for each in segments)]
        )
        known = has_said_numbers(text, words) and (translated or is_about(text, words))
        if text and segments and known:
            summary.append(Point(text=text, segments=tuple(segments)))
    if not summary:
        told = [reading.points[at] for at in _spread(key, style.sentences)]
        summary = [_paragraph(told[at : at + _PARAGRAPH]) for at in range(0, len(told), _PARAGRAPH)]
    return _gist(
        reading,
        summary=tuple(summary),
        points=tuple(reading.points[at] for at in key),
        details=tuple(point for at, point in enumerate(reading.points) if at not in set(key)),
        extractive=False,
    )


def in_turns(groups: Sequence[Sequence[T]]) -> tuple[T, ...]:
    """The first of each group, then the second of each: no part of a video is passed over."""
    nothing = object()
    turns = chain.from_iterable(zip_longest(*groups, fillvalue=nothing))
    return tuple(each for each in turns if each is not nothing)  # type: ignore[misc]


def _gist(
    reading: Reading,
    *,
    summary: tuple[Point, ...],
    points: tuple[Point, ...],
    details: tuple[Point, ...],
    extractive: bool,
) -> Gist:
    return Gist(
        summary=summary,
        points=points,
        details=details,
        decisions=reading.decisions,
        actions=reading.actions,
        questions=reading.questions,
        terms=_once(reading.terms),
        extractive=extractive,
    )


def _paragraph(sentences: Sequence[Point]) -> Point:
    segments = dict.fromkeys(chain.from_iterable(each.segments for each in sentences))
    return Point(text=" ".join(each.text for each in sentences), segments=tuple(segments))


def _chosen(numbers: object, shown: Sequence[int]) -> list[int]:
    """Indexes of points, each once; numbers that were never shown are passed over."""
    if not isinstance(numbers, list):
        return []
    valid = [
        each
        for each in numbers
        if isinstance(each, int) and not isinstance(each, bool) and 1 <= each <= len(shown)
    ]
    return [shown[each - 1] for each in dict.fromkeys(valid)]


def _spread(items: Sequence[int], most: int) -> list[int]:
    """From all over them, in their order."""
    count = min(most, len(items))
    return [items[at * len(items) // count] for at in range(count)]


def _once(terms: Sequence[TermEntry]) -> tuple[TermEntry, ...]:
    """Each term once; one that is explained goes before one that is not."""
    best: dict[str, TermEntry] = {}
    for entry in terms:
        key = entry.term.casefold()
        if key not in best or (entry.meaning and not best[key].meaning):
            best[key] = entry
    return tuple(best.values())[:_MOST_TERMS]
