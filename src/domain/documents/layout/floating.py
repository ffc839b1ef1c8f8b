"""Where floating things stand on their page, and at which side text runs past them."""

from typing import Final

from domain.documents.layout.nodes import Drawing, Wrap
from domain.documents.layout.pages import Page

_NEAR: Final = 6.0  # points from the margin that still count as standing at it


def anchored(inlines: tuple[object, ...]) -> list[Drawing]:
    """The drawings that float beside a paragraph."""
    return [
        inline
        for inline in inlines
        if isinstance(inline, Drawing) and inline.wrap is not Wrap.INLINE
    ]


def from_left(drawing: Drawing, page: Page, column: float) -> float:
    """From the column's left edge to the drawing's."""
    where, width = drawing.x, drawing.content.width
    room = page.width if where.frame == "page" else column
    start = where.offset
    if where.align == "center":
        start = (room - width) / 2
    elif where.align == "end":
        start = room - width
    elif where.align:
        start = 0.0
    return start - (page.left if where.frame == "page" else 0.0)


def from_top(drawing: Drawing, page: Page) -> float:
    """From the paper's top edge; only for what counts from the page or its margin."""
    where, height = drawing.y, drawing.content.height
    room = page.height if where.frame == "page" else page.text_height
    start = where.offset
    if where.align == "center":
        start = (room - height) / 2
    elif where.align == "end":
        start = room - height
    elif where.align:
        start = 0.0
    return start + (page.top if where.frame == "margin" else 0.0)


def side_of(drawing: Drawing, page: Page, column: float) -> str:
    """left, right, or "" for somewhere in the middle or outside of the text."""
    start = from_left(drawing, page, column)
    end = start + drawing.content.width
    if start <= _NEAR and end > 0:
        return "left"
    return "right" if end >= column - _NEAR and start < column else ""


def wraps(drawing: Drawing, page: Page, column: float) -> bool:
    """Whether text can run beside it: it stands at a side, next to its own paragraph."""
    beside = drawing.wrap is Wrap.SQUARE and drawing.y.frame == "paragraph"
    return beside and drawing.y.offset >= 0 and bool(side_of(drawing, page, column))
