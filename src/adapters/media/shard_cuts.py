"""Where a long recording may be cut: in the longest pause within reach, and never in a word."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.media.voice import SPEECH, Probabilities

_PAUSE: Final = 5  # windows that lie wholly in a pause of 200 ms
_LONG_ENOUGH: Final = 31  # windows, a second; longer is no better, later is
_SURE: Final = 0.15  # below this nobody speaks, however loud it is
_FAINT: Final = 0.08  # of what is loud here

Levels = NDArray[np.float32]  # root mean square of each window


def cut_within(probabilities: Probabilities, levels: Levels, first: int, last: int) -> int | None:
    """The window in the middle of the best pause in [first, last); None where there is none."""
    said, loud = probabilities[first:last], levels[first:last]
    if not len(said):
        return None
    faint = loud <= max(1.0, float(np.percentile(loud, 95)) * _FAINT)
    quiet = ((said < SPEECH) & faint) | (said < _SURE)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(np.int8), [0]))))
    pauses = [
        (min(end - start, _LONG_ENOUGH), start, end)
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        if end - start >= _PAUSE
    ]
    if not pauses:
        return None
    _, start, end = max(pauses)
    return int(first + (start + end + 1) // 2)


def quietest(levels: Levels, first: int, last: int) -> int:
    """The least bad place where nobody ever pauses."""
    smooth = np.convolve(levels[first:last], np.ones(3, np.float32), "same")
    return first + int(np.argmin(smooth))
