"""Times of words: those of an engine put right, and estimates where an engine has none."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from domain.notes.media import Span
from domain.notes.transcript import Word
from domain.notes.writing import split_words

LONGEST_WORD_MS: Final = 5_000
_DOUBTFUL: Final = 0.3  # below, an engine's time for a word is a guess
_REACH: Final = 0.6  # how far a pause pulls the end of a word, in words of mean length
_PUNCTUATION: Final = ".,;:!?…。、，！？；："


def straight(words: Sequence[Word], within: Span) -> tuple[Word, ...]:
    """In order and inside `within`, each at most 5 s and at least 1 ms where there is room."""
    found: list[Word] = []
    at = within.start_ms
    for word in interpolated(words):
        start = min(max(word.start_ms, at), max(within.end_ms - 1, within.start_ms))
        end = min(max(word.end_ms, start + 1), start + LONGEST_WORD_MS, within.end_ms)
        found.append(replace(word, start_ms=start, end_ms=max(end, start)))
        at = found[-1].end_ms
    return tuple(found)


def interpolated(words: Sequence[Word]) -> tuple[Word, ...]:
    """Where the engine doubts a word, its time is made of its neighbours' times."""
    found = list(words)
    at = 0
    while at < len(words):
        until = at
        while until < len(words) and _is_doubtful(words[until]):
            until += 1
        if 0 < at < until < len(words):  # certain words on both sides
            span = Span(start_ms=words[at - 1].end_ms, end_ms=words[until].start_ms)
            if span.length_ms > 0:
                found[at:until] = _evenly(words[at:until], span)
        at = until + 1
    return tuple(found)


def _is_doubtful(word: Word) -> bool:
    return word.probability is not None and word.probability < _DOUBTFUL


def _evenly(words: Sequence[Word], span: Span) -> list[Word]:
    weights = [_weight(word.text) for word in words]
    total, before, found = sum(weights), 0.0, []
    for word, weight in zip(words, weights, strict=True):
        start = span.start_ms + round(span.length_ms * before / total)
        before += weight
        end = span.start_ms + round(span.length_ms * before / total)
        found.append(replace(word, start_ms=start, end_ms=end, estimated=True))
    return found


def spread(text: str, line: Span, speech: Sequence[Span]) -> tuple[Word, ...]:
    """The words of a line, over the time somebody speaks in it; pauses fall between words.

    A pause ends the word nearest to it, one with punctuation rather than one without.
    """
    texts = split_words(text)
    if not texts:
        return ()
    spoken = _spoken(line, speech)
    weights = [_weight(each) for each in texts]
    bounds = _bounds(texts, weights, spoken)
    found = []
    for at, each in enumerate(texts):
        start, end = _at(spoken, bounds[at], late=True), _at(spoken, bounds[at + 1], late=False)
        end = min(max(end, start), start + LONGEST_WORD_MS)
        found.append(Word(start_ms=start, end_ms=end, text=each, estimated=True))
    return tuple(found)


def _weight(text: str) -> float:
    """About how long it takes to say."""
    letters = sum(1 if each.isalpha() else 2 if each.isdigit() else 0 for each in text)
    return letters + 1.5


def _spoken(line: Span, speech: Sequence[Span]) -> list[Span]:
    inside = [
        Span(start_ms=max(each.start_ms, line.start_ms), end_ms=min(each.end_ms, line.end_ms))
        for each in speech
        if each.start_ms < line.end_ms and each.end_ms > line.start_ms
    ]
    return inside or [line]


def _bounds(texts: Sequence[str], weights: Sequence[float], spoken: Sequence[Span]) -> list[float]:
    """Where words begin and end, in milliseconds of speech; pauses pull bounds to them."""
    length = sum(span.length_ms for span in spoken)
    total, bounds = sum(weights), [0.0]
    for weight in weights:
        bounds.append(bounds[-1] + weight * length / total)
    anchors = _anchors(texts, bounds, spoken)
    placed = []
    for (i, x), (j, y) in itertools.pairwise(anchors):
        stretch = (y - x) / (bounds[j] - bounds[i] or 1)
        placed += [x + (bounds[k] - bounds[i]) * stretch for k in range(i, j)]
    return [*placed, float(length)]


def _anchors(
    texts: Sequence[str], bounds: Sequence[float], spoken: Sequence[Span]
) -> list[tuple[int, float]]:
    """Pairs of a bound and the pause it is moved to, both growing."""
    anchors = [(0, 0.0)]
    reach = _REACH * bounds[-1] / len(texts)
    pause = 0.0
    for span in spoken[:-1]:
        pause += span.length_ms
        best, found = 0, float("inf")
        for at in range(anchors[-1][0] + 1, len(texts)):
            distance = abs(bounds[at] - pause)
            if texts[at - 1][-1] in _PUNCTUATION:
                distance /= 3
            if distance < found:
                best, found = at, distance
        if best and found <= reach and pause > anchors[-1][1]:
            anchors.append((best, pause))
    return [*anchors, (len(texts), bounds[-1])]


def _at(spoken: Sequence[Span], point: float, *, late: bool) -> int:
    """The time of a point in speech; at a pause, `late` is the time after it."""
    for span in spoken:
        if point < span.length_ms or (point <= span.length_ms and not late):
            return span.start_ms + round(point)
        point -= span.length_ms
    return spoken[-1].end_ms
