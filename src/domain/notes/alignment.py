"""Lays a quote along words that were said, and tells whether they differ in letters only."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

_LIKE: Final = 0.75  # of two words with the same first letter that are one, heard or spelled anew
_SHORTEST: Final = 4  # letters of such a word
_LONGER: Final = 3  # letters that one spelling may have more
_SAME, _NEAR, _OTHER, _ONE = 0.0, 0.5, 2.0, 1.0
# What people leave out when they quote. Everything else, and be it "not" or "on", is a difference.
FILLERS: Final = frozenset(
    (
        *("a", "an", "the", "um", "uh", "uhm", "erm", "er", "ah", "eh", "oh", "hm", "hmm", "mhm"),
        *("so", "and", "well", "yeah", "okay", "ok", "like", "just", "äh", "ähm", "hm", "euh"),
        *("also", "und", "der", "die", "das", "ein", "eine", "le", "la", "les", "el", "los", "un"),
    )
)


@dataclass(frozen=True, slots=True)
class Alignment:
    """`start` and `end` are indexes of words that were said; similarity is that of letters."""

    start: int
    end: int
    similarity: float


def align(quote: Sequence[str], said: Sequence[str]) -> Alignment | None:
    """The stretch of `said` that the quote is, but for spelling, fillers and where words part."""
    steps = _steps(quote, said)
    while steps and steps[0][0] is None:  # words before it and after it were only said
        steps.pop(0)
    while steps and steps[-1][0] is None:
        steps.pop()
    places = [at for _, at in steps if at is not None]
    if not places or not _harmless(steps, quote, said):
        return None
    start, end = places[0], places[-1] + 1
    one, other = " ".join(said[start:end]), " ".join(quote)
    return Alignment(start, end, SequenceMatcher(None, one, other, autojunk=False).ratio())


def _steps(quote: Sequence[str], said: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Pairs of indexes, in order; None where one side has nothing. What was said is free around."""
    rows, columns = len(quote), len(said)
    costs = [[0.0] * (columns + 1)]
    for row in range(1, rows + 1):
        before, word, left = costs[-1], quote[row - 1], row * _ONE
        current = [left]
        for column, other in enumerate(said):
            change = before[column] + (_SAME if word == other else _cost(word, other))
            gap = (min(left, before[column + 1])) + _ONE
            left = min(gap, change)
            current.append(left)
        costs.append(current)
    row, column = rows, min(range(columns + 1), key=costs[rows].__getitem__)
    steps: list[tuple[int | None, int | None]] = []
    while row:
        cost = costs[row][column]
        if column and cost == costs[row - 1][column - 1] + _cost(quote[row - 1], said[column - 1]):
            row, column = row - 1, column - 1
            steps.append((row, column))
        elif cost == costs[row - 1][column] + _ONE:
            row -= 1
            steps.append((row, None))
        else:
            column -= 1
            steps.append((None, column))
    return steps[::-1]


def _cost(one: str, other: str) -> float:
    if one == other:
        return _SAME
    return _NEAR if is_like(one, other) else _OTHER


@lru_cache(maxsize=1 << 16)
def is_like(one: str, other: str) -> bool:
    """One word in two spellings. Numbers are no spellings of each other; nor is "un-" of none."""
    if one[0] != other[0] or abs(len(one) - len(other)) > _LONGER:
        return False
    if min(len(one), len(other)) < _SHORTEST or not set(one[1:]) & set(other[1:]):
        return False
    if any(each.isdecimal() for each in one + other):
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= _LIKE and matcher.ratio() >= _LIKE


def _harmless(
    steps: Sequence[tuple[int | None, int | None]], quote: Sequence[str], said: Sequence[str]
) -> bool:
    """Each run of differences is one word spelled twice, the same letters, or fillers."""
    ours: list[str] = []
    theirs: list[str] = []
    for mine, other in [*steps, (None, None)]:
        word = None if mine is None else quote[mine]
        heard = None if other is None else said[other]
        if word == heard:  # also the end
            if not _alike(ours, theirs):
                return False
            ours, theirs = [], []
        elif word is not None and heard is not None and is_like(word, heard):
            continue
        else:
            ours += [] if word is None else [word]
            theirs += [] if heard is None else [heard]
    return True


def _alike(ours: list[str], theirs: list[str]) -> bool:
    if "".join(ours) == "".join(theirs):
        return True
    left = [each for each in ours if each not in FILLERS]
    right = [each for each in theirs if each not in FILLERS]
    return "".join(left) == "".join(right)
