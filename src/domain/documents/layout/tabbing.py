"""Lines with tabs: where they are cut, and where the pieces stand on the tab stops."""

from dataclasses import dataclass, replace
from typing import Any, Final

from domain.documents.layout.binding import Value
from domain.documents.layout.nodes import Break, Tab, Text
from domain.documents.layout.styles import ParagraphStyle, TabAlign, TabStop, TextStyle

_DECIMALS: Final = ".,"
_HAIR: Final = 0.05  # points; closer to a stop than this is past it


def has_tabs(inlines: tuple[Any, ...]) -> bool:
    return any(isinstance(inline, Tab) or _tabs_in(inline) for inline in inlines)


def _tabs_in(inline: Any) -> int:
    text = isinstance(inline, Value) and isinstance(inline.value, str)
    return inline.value.count("\t") if text else 0


def split_lines(inlines: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The inlines of each line that a line break ends."""
    return _split(inlines, Break)


def split_tabs(inlines: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The inlines before, between and behind the tabs; values with tabs are cut at them too."""
    found: list[Any] = []
    for inline in inlines:
        tabs = _tabs_in(inline)
        for piece in range(tabs + 1):
            if piece:
                found.append(Tab(inline.style))
            found.append(replace(inline, piece=piece) if tabs else inline)
    return _split(tuple(found), Tab)


def without_end(inlines: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without the spaces at the end of a line: they never make it too long."""
    found = list(inlines)
    while found and isinstance(found[-1], Text):
        last = found.pop()
        if kept := last.text.rstrip(" "):
            found.append(replace(last, text=kept))
            break
    return tuple(found)


def tab_styles(inlines: tuple[Any, ...]) -> list[TextStyle]:
    """How each tab is set, in the order of `split_tabs`: an underlined one draws a line."""
    found: list[TextStyle] = []
    for inline in inlines:
        if isinstance(inline, Tab):
            found.append(inline.style)
        elif tabs := _tabs_in(inline):
            found.extend([inline.style] * tabs)
    return found


def _split(inlines: tuple[Any, ...], at: type) -> list[tuple[Any, ...]]:
    pieces: list[list[Any]] = [[]]
    for inline in inlines:
        if isinstance(inline, at):
            pieces.append([])
        else:
            pieces[-1].append(inline)
    return [tuple(piece) for piece in pieces]


def decimal_head(text: str) -> str | None:
    """What stands before the decimal sign of a number; None when there is none."""
    for at in range(len(text) - 2, 0, -1):
        if text[at] in _DECIMALS and text[at - 1].isdigit() and text[at + 1].isdigit():
            return text[:at]
    return None


def text_head(piece: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The inlines of a piece before its decimal sign, as far as they are plain text."""
    for at, inline in enumerate(piece):
        if not isinstance(inline, Text):
            return None
        head = decimal_head(inline.text)
        if head is not None:
            return (*piece[:at], replace(inline, text=head))
    return None


def stops_of(style: ParagraphStyle) -> list[TabStop]:
    """The style's stops in order; the indent of hanging lines is one too."""
    stops = list(style.tabs)
    if style.first < 0 and style.left > 0:
        stops.append(TabStop(style.left))
    return sorted(stops, key=lambda stop: stop.position)


def next_stop(style: ParagraphStyle, x: float, every: float) -> TabStop:
    """Where a tab at `x` leads: a stop of the style, else the next default one."""
    for stop in stops_of(style):
        if stop.position > x + _HAIR:
            return stop
    position = (int((x + _HAIR) / every) + 1) * every
    if x < style.left - _HAIR and style.left < position:
        position = style.left
    return TabStop(position)


def marker_room(style: ParagraphStyle, wide: float, align: str, every: float) -> float:
    """The room between the start of a list line and its text, for a marker `wide` points wide."""
    start = style.left + style.first
    if align == "end":
        wide = 0.0
    elif align == "center":
        wide /= 2
    end = start + wide
    if style.first < 0 and abs(end - style.left) <= _HAIR:
        return -style.first
    return next_stop(style, end, every).position - start


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece behind a tab: the gap before it, and how it lies at its stop."""

    gap: float
    stop: TabStop
    x: float  # where it begins


def place_piece(
    style: ParagraphStyle, x: float, width: float, head: float, every: float, edge: float
) -> Placed:
    """Where a piece `width` wide goes when a tab at `x` comes before it.

    `head` is its width up to the decimal sign; `edge` how far lines reach.
    """
    stop = next_stop(style, x, every)
    if stop.position > edge and stop not in style.tabs:
        stop = TabStop(max(x, edge))
    before = {
        TabAlign.LEFT: 0.0, TabAlign.RIGHT: width, TabAlign.CENTER: width / 2,
        TabAlign.DECIMAL: head,
    }[stop.align]  # fmt: skip
    begin = max(stop.position - before, x)
    return Placed(begin - x, stop, begin)
