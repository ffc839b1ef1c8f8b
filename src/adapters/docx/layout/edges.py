"""Borders, shading and colours, as every property group writes them."""

from typing import Final

from adapters.docx.layout.names import W, attr, child, number
from adapters.docx.layout.theme import Theme
from adapters.docx.wordml import Element
from domain.documents.layout.styles import Border, LineKind

HIGHLIGHTS: Final = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF",
    "red": "FF0000", "yellow": "FFFF00", "white": "FFFFFF", "darkBlue": "000080",
    "darkCyan": "008080", "darkGreen": "008000", "darkMagenta": "800080", "darkRed": "800000",
    "darkYellow": "808000", "darkGray": "808080", "lightGray": "C0C0C0",
}  # fmt: skip
NO_LINE: Final = Border(LineKind.SINGLE, 0.0, "000000", 0.0)
_DASHES: Final = {"dashed", "dashSmallGap", "dotDash", "dotDotDash", "dashDotStroked"}
_TRIPLE: Final = {"triple", "thinThickThinSmallGap", "thinThickThinMediumGap"}
_PAIRS: Final = ("thinThick", "thickThin")


def line_kind(name: str) -> LineKind:
    """The nearest of the lines we draw."""
    if name == "double" or name in _TRIPLE or name.startswith(_PAIRS):
        return LineKind.DOUBLE
    if name == "dotted":
        return LineKind.DOTTED
    if name in _DASHES:
        return LineKind.DASHED
    return LineKind.SINGLE


def read_border(element: Element | None, theme: Theme) -> Border | None:
    """One edge; None when it is not said, NO_LINE when it is said to be none."""
    if element is None:
        return None
    name = attr(element, "val") or "nil"
    if name in {"nil", "none"}:
        return NO_LINE
    kind = line_kind(name)
    width = max(2.0, number(attr(element, "sz")) or 4.0) / 8
    if kind is LineKind.DOUBLE:
        width *= 3  # the size is one stroke's, and the gap is as wide
    color = read_color(element, theme, "color") or "000000"
    return Border(kind, width, color, number(attr(element, "space")) or 0.0)


def read_color(element: Element | None, theme: Theme, attribute: str = "val") -> str:
    """`RRGGBB`, or "" for automatic."""
    if element is None:
        return ""
    themed = "themeColor" if attribute in {"val", "color"} else "themeFill"
    value = (attr(element, attribute) or "").lstrip("#")
    if _is_hex(value):
        return value.upper()
    name = attr(element, themed)
    if not name or not theme.color(name):
        return ""
    tint, shade = attr(element, f"{themed}Tint"), attr(element, f"{themed}Shade")
    if themed == "themeColor":
        tint, shade = attr(element, "themeTint"), attr(element, "themeShade")
    return shaded(theme.color(name), tint, shade)


def shaded(color: str, tint: str | None, shade: str | None) -> str:
    """A theme colour mixed with white (tint) or black (shade), given in hex of 255."""
    if tint and _is_hex(tint, 2):
        return mixed(color, "FFFFFF", int(tint, 16) / 255)
    if shade and _is_hex(shade, 2):
        return mixed(color, "000000", int(shade, 16) / 255)
    return color


def mixed(first: str, second: str, share: float) -> str:
    """`share` of the first colour, the rest of the second."""
    parts = (
        round(int(first[i : i + 2], 16) * share + int(second[i : i + 2], 16) * (1 - share))
        for i in (0, 2, 4)
    )
    return "".join(f"{part:02X}" for part in parts)


def read_shading(parent: Element | None, theme: Theme) -> str | None:
    """The background of `w:shd`: None when unsaid, "" when it is said to be clear."""
    element = child(parent, W + "shd")
    if element is None:
        return None
    fill = read_color(element, theme, "fill")
    pattern = attr(element, "val") or "clear"
    if pattern == "solid":
        return read_color(element, theme, "color") or "000000"
    if pattern.startswith("pct"):
        share = (number(pattern[3:]) or 0) / 100
        return mixed(read_color(element, theme, "color") or "000000", fill or "FFFFFF", share)
    return fill


def _is_hex(text: str, length: int = 6) -> bool:
    return len(text) == length and all(c in "0123456789abcdefABCDEF" for c in text)
