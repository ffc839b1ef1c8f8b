"""Names of WordprocessingML, and the small questions asked of its elements all the time."""

from collections.abc import Iterator
from typing import Final

from adapters.docx.wordml import Element

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
WP: Final = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
WP14: Final = "{http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing}"
WPS: Final = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
WPG: Final = "{http://schemas.microsoft.com/office/word/2010/wordprocessingGroup}"
WPC: Final = "{http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas}"
PIC: Final = "{http://schemas.openxmlformats.org/drawingml/2006/picture}"
MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
V: Final = "{urn:schemas-microsoft-com:vml}"

MARK: Final = "{urn:atelier:template}"

_ABSURD: Final = 1e7  # no measure of a document is larger
EMU: Final = 12_700  # of them in a point
TWIP: Final = 20


def local(element: Element) -> str:
    """The name without its namespace; "" for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, tag: str) -> Iterator[Element]:
    """Direct children named `tag`; none of a missing parent."""
    return iter(()) if element is None else element.iterchildren(tag)


def child(element: Element, *tags: str) -> Element:
    """The first child along a path of names, or None."""
    for tag in tags:
        if element is None:
            return None
        element = element.find(tag)
    return element


def val(element: Element, tag: str, attribute: str = "val") -> str | None:
    """Attribute `w:val` (or another) of the child `tag`, or None."""
    found = child(element, W + tag)
    return None if found is None else attr(found, attribute)


def attr(element: Element, name: str) -> str | None:
    """A `w:` attribute, also where the writer forgot the prefix."""
    found: str | None = element.get(W + name)
    return element.get(name) if found is None else found


def on_off(element: Element, tag: str) -> bool | None:
    """A switch: None when absent, True when it stands without a value."""
    found = child(element, W + tag)
    if found is None:
        return None
    return (attr(found, "val") or "1").lower() not in {"0", "false", "off", "none"}


def number(text: str | None) -> float | None:
    """A number as writers write it, `12`, `12.0`, `-5`, `1,5`; None when it is none."""
    if text is None:
        return None
    try:
        found = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return found if abs(found) < _ABSURD else None


_UNITS: Final = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 7.2 / 2.54, "pc": 12.0, "pi": 12.0}


def points(text: str | None, per_point: float = TWIP) -> float | None:
    """A length in points: twentieths by default, or with a unit as in `2.5cm`."""
    if text and text[-2:] in _UNITS:
        size = number(text[:-2])
        return None if size is None else size * _UNITS[text[-2:]]
    size = number(text)
    return None if size is None else size / per_point


def emu(text: str | None) -> float:
    """A DrawingML length in points; 0 when it is missing."""
    size = None if text is None else _integer(text)
    return 0.0 if size is None else size / EMU


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
