"""What texts mean, as vectors of a small model in its own package, and where that changes."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from adapters.local_ai.words import vocabulary

DIMENSIONS: Final = 256
_BESIDE: Final = 3  # texts before and after that are compared
_NOTHING: Final = "."  # stands for a text without a word, which has no direction

Vectors = Any  # an array of float32, one row a text


def vectors(texts: Sequence[str]) -> Vectors:
    """Of length 1 each."""
    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    told = [text if any(map(str.isalnum, text)) else _NOTHING for text in texts]
    found = _model().embed(told).astype(np.float64)
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def shifts(texts: Sequence[str]) -> tuple[float, ...]:
    """How much the topic changes before each text, by meaning and by words; the first is 0."""
    if len(texts) < 2:  # noqa: PLR2004
        return tuple(0.0 for _ in texts)
    meant, worded = vectors(texts), _bags(texts)
    return (
        0.0,
        *(
            min(max(1 - (_alike(meant, at) + _alike(worded, at)) / 2, 0.0), 1.0)
            for at in range(1, len(texts))
        ),
    )


def _alike(rows: Vectors, at: int) -> float:
    before = rows[max(at - _BESIDE, 0) : at].mean(axis=0, dtype=np.float64)
    after = rows[at : at + _BESIDE].mean(axis=0, dtype=np.float64)
    length = float(np.linalg.norm(before) * np.linalg.norm(after))
    return float(before @ after) / length if length else 0.0


def _bags(texts: Sequence[str]) -> Vectors:
    """Words as they are counted, the rarer the heavier; folded into a bounded number of columns."""
    words = vocabulary(None, texts)
    bags = [words.keys(text) for text in texts]
    counts: dict[str, int] = {}
    for bag in bags:
        for key in set(bag):
            counts[key] = counts.get(key, 0) + 1
    kept = sorted((key for key in counts if counts[key] > 1), key=lambda key: (-counts[key], key))
    columns = {key: at for at, key in enumerate(kept[:4_000])}
    rows = np.zeros((len(texts), len(columns) or 1), dtype=np.float32)
    for row, bag in enumerate(bags):
        for key in bag:
            if key in columns:
                rows[row, columns[key]] += np.log(1 + len(texts) / counts[key])
    return rows


@cache
def _model() -> Any:
    """From its own package; it would look for its vocabulary on the network otherwise."""
    import wordllama

    folder = Path(str(wordllama.__file__)).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
