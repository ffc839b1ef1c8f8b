"""How central each of many texts is: TextRank, in windows, because it is quadratic."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from sumy.summarizers.text_rank import TextRankSummarizer

from adapters.local_ai.words import vocabulary

Numbers = Any  # an array of float64
WINDOW: Final = 400  # texts that are compared with each other
_SHARE: Final = 10  # one text in so many of a window speaks for it


class MatrixTextRank(TextRankSummarizer):  # type: ignore[misc]
    """The same numbers as its parent's loops make, by products of matrices."""

    epsilon = 1e-6  # less is never reached: sums of rows are short of 1 by 1e-7

    def rate(self, texts: Sequence[Sequence[str]]) -> Numbers:
        """Of each text, given as its words."""
        return self.power_method(self._stochastic(texts), self.epsilon)

    def _stochastic(self, texts: Sequence[Sequence[str]]) -> Numbers:
        weights = _shared(texts) / _norms(texts)
        weights /= weights.sum(axis=1)[:, np.newaxis] + self._ZERO_DIVISION_PREVENTION
        size = len(texts)
        return np.full((size, size), (1.0 - self.damping) / size) + self.damping * weights


def central(texts: Sequence[str], language: str | None) -> tuple[float, ...]:
    """From 0 to 1; the same texts give the same numbers."""
    words = vocabulary(language, texts)
    return tuple(float(each) for each in _central([words.keys(text) for text in texts]))


def _central(texts: Sequence[Sequence[str]]) -> Numbers:
    """Those that speak for their windows are compared with each other, and go before the rest."""
    if len(texts) <= WINDOW:
        return _rated(texts)
    ranks = np.zeros(len(texts))
    speakers: list[int] = []
    count = -(-len(texts) // WINDOW)
    edges = [round(len(texts) * at / count) for at in range(count + 1)]
    for begin, end in pairwise(edges):
        ranks[begin:end] = _rated(texts[begin:end]) * 0.5
        best = np.argsort(-ranks[begin:end], kind="stable")[: max((end - begin) // _SHARE, 1)]
        speakers += sorted(begin + int(each) for each in best)
    ranks[speakers] = 0.5 + _central([texts[at] for at in speakers]) * 0.5
    return ranks


def _rated(texts: Sequence[Sequence[str]]) -> Numbers:
    if not texts:
        return np.zeros(0)
    rates = MatrixTextRank().rate(texts)
    empty = np.array([not words for words in texts])
    rates[empty] = 0.0
    most = rates.max()
    return rates / most if most > 0 else rates


def _shared(texts: Sequence[Sequence[str]]) -> Numbers:
    """How many pairs of equal words two texts have."""
    columns: dict[str, int] = {}
    for words in texts:
        for word in words:
            columns.setdefault(word, len(columns))
    counts = np.zeros((len(texts), len(columns) or 1), dtype=np.float32)  # exact: small integers
    for row, words in enumerate(texts):
        for word in words:
            counts[row, columns[word]] += 1
    return (counts @ counts.T).astype(np.float64)


def _norms(texts: Sequence[Sequence[str]]) -> Numbers:
    logs = np.log(np.maximum([len(words) for words in texts], 1))
    norms = logs[:, np.newaxis] + logs[np.newaxis, :]
    norms[norms < 1e-8] = 1.0  # noqa: PLR2004 - two single words: the count itself
    return norms
