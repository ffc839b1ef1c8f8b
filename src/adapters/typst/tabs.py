"""Lines with tabs: split into the pieces between them, for the runtime to lay out on the stops."""

from dataclasses import replace
from typing import Any

from domain.documents.layout.binding import Value
from domain.documents.layout.nodes import Break, Tab, Text

_DECIMALS = ".,"


def has_tabs(inlines: tuple[Any, ...]) -> bool:
    return any(
        isinstance(inline, Tab)
        or (isinstance(inline, Value) and isinstance(inline.value, str) and "\t" in inline.value)
        for inline in inlines
    )


def split_lines(inlines: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The inlines of each line that a line break ends."""
    lines: list[list[Any]] = [[]]
    for inline in inlines:
        if isinstance(inline, Break):
            lines.append([])
        else:
            lines[-1].append(inline)
    return [tuple(line) for line in lines]


def split_tabs(inlines: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The inlines before, between and behind the tabs."""
    pieces: list[list[Any]] = [[]]
    for inline in inlines:
        if isinstance(inline, Tab):
            pieces.append([])
        else:
            pieces[-1].append(inline)
    return [tuple(piece) for piece in pieces]


def decimal_head(piece: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """What of a piece stands before its decimal sign; None when it has none or nobody can tell."""
    head: list[Any] = []
    for inline in piece:
        if not isinstance(inline, Text):
            return None
        for at, letter in enumerate(inline.text):
            followed = inline.text[at + 1 : at + 2].isdigit()
            if letter in _DECIMALS and followed and at and inline.text[at - 1].isdigit():
                return (*head, replace(inline, text=inline.text[:at]))
        head.append(inline)
    return None
