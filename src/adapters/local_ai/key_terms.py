"""What texts are about, in words of their own: phrases that are frequent here, not elsewhere."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from adapters.local_ai.words import Vocabulary, vocabulary
from domain.notes.writing import is_unspaced, join_words, plain

_LONGEST: Final = 3  # words
_LONGEST_WIDE: Final = 4  # letters, where each is a word
_WEIGHTS: Final = {1: 1.0, 2: 1.7, 3: 2.0, 4: 2.2}  # the more words, the more it says

Key = tuple[str, ...]


@dataclass(slots=True)
class _Found:
    """One phrase: where it stands, how often, and how it is written."""

    order: int
    counts: Counter[int] = field(default_factory=Counter)  # by text
    written: Counter[str] = field(default_factory=Counter)

    def name(self) -> str:
        return self.written.most_common(1)[0][0]


def key_terms(texts: Sequence[str], language: str | None, most: int) -> tuple[tuple[str, int], ...]:
    """The best first, each with the index of the text that says most of it."""
    found = _phrases(texts, vocabulary(language, texts))
    scores = {
        key: _score(key, each.counts.total(), each, len(texts)) for key, each in found.items()
    }
    return tuple(
        (found[key].name(), found[key].counts.most_common(1)[0][0])
        for key in _best(scores, found, most)
    )


def topics(
    groups: Sequence[Sequence[str]], language: str | None, most: int
) -> tuple[tuple[str, ...], ...]:
    """What each group is about, unlike the others."""
    texts = [" . ".join(group) for group in groups]
    found = _phrases(texts, vocabulary(language, [each for group in groups for each in group]))
    told = []
    for at in range(len(texts)):
        scores = {
            key: _score(key, each.counts[at], each, len(texts))
            for key, each in found.items()
            if each.counts[at]
        }
        told.append(tuple(found[key].name() for key in _best(scores, found, most)))
    return tuple(told)


def _score(key: Key, count: int, found: _Found, texts: int) -> float:
    once = 0.4 if count == 1 else 1.0  # said once, it may be by chance
    return once * count * _WEIGHTS[len(key)] * math.log(1 + texts / len(found.counts))


def _best(scores: dict[Key, float], found: dict[Key, _Found], most: int) -> list[Key]:
    """None that is part of another, or has another as its part."""
    chosen: list[Key] = []
    for key in sorted(scores, key=lambda each: (-scores[each], found[each].order)):
        if len(chosen) == most:
            break
        if not any(set(key) <= set(other) or set(other) <= set(key) for other in chosen):
            chosen.append(key)
    return chosen


def _phrases(texts: Sequence[str], words: Vocabulary) -> dict[Key, _Found]:
    found: dict[Key, _Found] = {}
    stem = cache(lambda word: words.stem(plain(word)))
    for at, text in enumerate(texts):
        for run in words.runs(text):
            for phrase in _parts(run):
                key = tuple(map(stem, phrase))
                if len(set(key)) < len(key):
                    continue
                each = found.setdefault(key, _Found(len(found)))
                each.counts[at] += 1
                each.written[join_words(phrase)] += 1
    return found


def _parts(run: Sequence[str]) -> Iterator[Sequence[str]]:
    """All neighbours up to the longest phrase; single letters of unspaced scripts say nothing."""
    wide = is_unspaced(run[0])
    longest, shortest = (_LONGEST_WIDE, 2) if wide else (_LONGEST, 1)
    for start in range(len(run)):
        for length in range(shortest, longest + 1):
            if start + length <= len(run):
                yield run[start : start + length]
