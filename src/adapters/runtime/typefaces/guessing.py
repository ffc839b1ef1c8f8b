"""Guesses how high blocks will be, to know early whether headers fit their margins."""

from typing import Any, Final

from adapters.runtime.typefaces.typography import Typography
from domain.documents.layout.arranged import Flow, Framed, Grid, Line
from domain.documents.layout.binding import Value
from domain.documents.layout.nodes import Text

_LETTERS: Final = 60  # of a value not yet known
_UNKNOWN: Final = 1e6  # tables and pictures: whoever asks had better measure


def guessed_height(flow: Flow, width: float, typography: Typography) -> float:
    """Points; far too many for what only a layout can tell."""
    total = flow.end
    for block in flow.blocks:
        if isinstance(block, Grid):
            return _UNKNOWN
        for line in block.lines if isinstance(block, Framed) else (block,):
            total += line.gap + _line(line, width, typography)
    return total


def _line(line: Line, width: float, typography: Typography) -> float:
    spacing = line.style.line
    height, wide = typography.line(line.style.mark, spacing).height, 0.0
    for inline in line.inlines:
        if hasattr(inline, "content"):
            return _UNKNOWN
        if hasattr(inline, "style"):
            height = max(height, typography.line(inline.style, spacing).height)
        wide += _width(inline, typography)
    room = max(width - line.style.left - line.style.right, 1.0)
    return height * (1 + int(wide / room))


def _width(inline: Any, typography: Typography) -> float:
    if isinstance(inline, Text):
        return typography.width(inline.text, inline.style)
    return _LETTERS * inline.style.size / 2 if isinstance(inline, Value) else 0.0
