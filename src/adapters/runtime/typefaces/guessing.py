"""Guesses how high blocks will be, to know early whether headers fit their margins."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from adapters.runtime.typefaces.typography import Typography
from domain.documents.layout.arranged import Flow, Framed, Grid, Line
from domain.documents.layout.binding import Value
from domain.documents.layout.nodes import Tab, Text

_UNKNOWN: Final = 1e6  # tables and pictures: whoever asks had better measure


def guessed_height(
    flow: Flow, width: float, typography: Typography, values: Sequence[Any] | None = None
) -> float:
    """Points; far too many for what only a layout can tell.

    `values` are those of another row of the same shape, to be shown instead of the flow's own.
    """
    total = flow.end
    for block in flow.blocks:
        if isinstance(block, Grid):
            return _UNKNOWN
        for line in block.lines if isinstance(block, Framed) else (block,):
            total += line.gap + _line(line, width, typography, values)
    return total


def _line(line: Line, width: float, typography: Typography, values: Sequence[Any] | None) -> float:
    spacing = line.style.line
    height, wide, lines = typography.line(line.style.mark, spacing).height, 0.0, 1
    tabs = [0.0]  # where the pieces between tabs begin
    for inline in line.inlines:
        if hasattr(inline, "content"):
            return _UNKNOWN
        if hasattr(inline, "style"):
            height = max(height, typography.line(inline.style, spacing).height)
        text = _text(inline, values)
        if text is None:
            return _UNKNOWN
        if isinstance(inline, Tab):
            tabs.append(wide)
        elif text:
            wide += typography.width(text, inline.style)
            lines += text.count("\n")
    if len(tabs) > 1:  # pieces that fit their share of the line stand on one
        wide = max(end - start for start, end in pairwise([*tabs, wide])) * len(tabs)
    room = max(width - line.style.left - line.style.right, 1.0)
    return height * (lines + int(wide / room))


def _text(inline: Any, values: Sequence[Any] | None) -> str | None:
    """What it shows; None for a picture."""
    if isinstance(inline, Text):
        return inline.text
    if not isinstance(inline, Value):
        return ""
    value = inline.value if values is None else values[inline.at]
    if isinstance(value, str):
        return value
    return getattr(value, "text", None)
