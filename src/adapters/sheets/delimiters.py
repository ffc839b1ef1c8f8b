"""Which character stands between the cells: the one that gives rows of equal length."""

import csv
from collections import Counter
from typing import Final

DELIMITERS: Final = (",", ";", "\t", "|")
_RARE: Final = (":", "^", "~", "\x1f")  # only where none of the usual ones is in the text
_ROWS: Final = 200


def find_delimiter(text: str) -> str:
    """For the beginning of a file; a comma when there is one column only."""
    lines = text.splitlines(keepends=True)
    if len(lines) > 1 and not text.endswith(("\n", "\r")):
        lines.pop()  # it may be cut off
    scores = [(_score(lines, each), -at, each) for at, each in enumerate(DELIMITERS)]
    best = max(scores)
    if best[0] > 0:
        return best[2]
    best = max((_score(lines, each), -at, each) for at, each in enumerate(_RARE))
    return best[2] if best[0] >= 1 else ","


def _score(lines: list[str], delimiter: str) -> float:
    """The share of rows of the usual length, and a little for every column."""
    try:
        rows = csv.reader(lines, delimiter=delimiter)
        counts = [len(row) for row, _ in zip(rows, range(_ROWS), strict=False) if row]
    except csv.Error:
        return 0.0
    if not counts:
        return 0.0
    columns, rows_alike = Counter(counts).most_common(1)[0]
    if columns == 1:
        return 0.0
    header_fits = counts[0] == columns
    return rows_alike / len(counts) + 0.1 * header_fits + 0.001 * min(columns, 50)
