"""Pieces of HTML and CSS. Text only ever goes in escaped, lengths and colours only as numbers."""

import html
import re
from typing import Final

from domain.documents.layout.styles import Border, Borders, LineKind

_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_KINDS: Final = {
    LineKind.DOUBLE: "double", LineKind.DOTTED: "dotted", LineKind.DASHED: "dashed",
}  # fmt: skip


def text(value: str) -> str:
    """Text for the body of an element."""
    return html.escape(_UNWRITABLE.sub("", value), quote=False)


def quoted(value: str) -> str:
    """Text for an attribute, quotes included."""
    return f'"{html.escape(_UNWRITABLE.sub("", value), quote=True)}"'


def name(family: str) -> str:
    """A font family as a CSS string."""
    return '"' + re.sub(r'[\\"<>\n\r]', "", family) + '"'


def pt(size: float) -> str:
    return f"{size:.3f}".rstrip("0").rstrip(".") + "pt" if abs(size) >= 0.0005 else "0"  # noqa: PLR2004


def color(value: str) -> str:
    return f"#{value}"


def rules(**named: str | None) -> str:
    """`name:value;` pairs without those that are None; underscores become hyphens."""
    return "".join(
        f"{key.replace('_', '-')}:{value};" for key, value in named.items() if value is not None
    )


def style(**named: str | None) -> str:
    """A style attribute with a space before it, or nothing."""
    found = rules(**named)
    return f" style={quoted(found)}" if found else ""


def border(edge: Border | None) -> str | None:
    """A border's value; None for no border."""
    if edge is None:
        return None
    return f"{pt(edge.width)} {_KINDS.get(edge.kind, 'solid')} {color(edge.color)}"


def edges(borders: Borders) -> dict[str, str | None]:
    return {
        "border_top": border(borders.top),
        "border_right": border(borders.right),
        "border_bottom": border(borders.bottom),
        "border_left": border(borders.left),
    }
