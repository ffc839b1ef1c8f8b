"""Text that runs beside a floating picture or box."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.typst.bodies import Bodies, line_end
from adapters.typst.code import pt, string
from adapters.typst.inlines import Inlines
from adapters.typst.paragraph_styles import ParagraphStyles
from adapters.typst.places import Place
from adapters.typst.tabs import has_tabs
from domain.documents.layout.arranged import Flowing, Line
from domain.documents.layout.binding import Value
from domain.documents.layout.nodes import Drawing, Text, Wrap

_MOST: Final = 40  # paragraphs beside one float; no float is as high as more
_NEAR: Final = 6.0  # points from the margin that still count as standing at it


def wraps(drawing: Drawing, place: Place) -> bool:
    """Whether it stands at a side of the column, beside the paragraph that holds it."""
    beside = drawing.wrap is Wrap.SQUARE and drawing.y.frame == "paragraph"
    return beside and bool(side_of(drawing, place)) and drawing.y.offset >= 0


def side_of(drawing: Drawing, place: Place) -> str:
    """left, right, or "" for somewhere in the middle or outside of the text."""
    if drawing.x.align in {"start", "end"} and drawing.x.frame != "page":
        return "left" if drawing.x.align == "start" else "right"
    if drawing.x.align or place.width is None:
        return ""
    start = drawing.x.offset - (place.page.left if drawing.x.frame == "page" else 0.0)
    end = start + drawing.content.width
    if start <= _NEAR and end > 0:
        return "left"
    return "right" if end >= place.width - _NEAR and start < place.width else ""


@dataclass(slots=True)
class Wrapping:
    """Writes paragraphs word by word, for the runtime to fit beside the float."""

    inlines: Inlines
    bodies: Bodies
    styles: ParagraphStyles
    place: Place

    def lines(self, blocks: Sequence[Flowing]) -> list[Line]:
        """The paragraphs from the first on that may be cut between words."""
        taken: list[Line] = []
        for block in blocks[:_MOST]:
            if not isinstance(block, Line) or (taken and _interrupts(block)):
                break
            taken.append(block)
        return taken

    def code(self, drawing: Drawing, lines: list[Line], gap: float) -> str:
        side = side_of(drawing, self.place)
        top, right, bottom, left = drawing.distance
        width = drawing.content.width
        start = drawing.x.offset if not drawing.x.align else 0.0
        if drawing.x.frame == "page" and not drawing.x.align:
            start -= self.place.page.left
        column = self.place.width or 0.0
        if drawing.x.align:
            start = 0.0 if side == "left" else column - width
        room = start + width + right if side == "left" else column - start + left
        high = drawing.content.height
        paragraphs = ", ".join(
            self._paragraph(line, line.gap if at else 0.0) for at, line in enumerate(lines)
        )
        drop = drawing.y.offset
        content = self.inlines.drawings.content(drawing.content)
        lengths = (start, drop, room, drop - top, drop + high + bottom)
        settings = ", ".join(pt(length) for length in lengths)
        call = f"beside({content}, {string(side)}, {settings}, ({paragraphs},))"
        return f"#block(above: {pt(gap)}, width: 100%, {call})\n"

    def _paragraph(self, line: Line, gap: float) -> str:
        """(function, one for its rest, line end, gap, height of a line, words)."""
        box = self.inlines.styles.line_box(line.style.mark, line.style.line)
        name = self.styles.name(line.style)
        rest = self.styles.name(replace(line.style, first=0.0))
        self.inlines.line_end = line_end(line.style)
        words = ", ".join(self._words(line))
        pieces = f"({words},)" if words else "()"
        return f"({name}, {rest}, {line_end(line.style)}, {pt(gap)}, {pt(box.height)}, {pieces})"

    def _words(self, line: Line) -> Iterator[str]:
        if has_tabs(line.inlines) or line.marker is not None:
            body = self.bodies.body(line, self.place)
            if body is not None:
                yield f"{{ {body} }}"
            return
        for inline in line.inlines:
            yield from self._pieces(inline, line)

    def _pieces(self, inline: Any, line: Line) -> Iterator[str]:
        spacing = line.style.line
        if isinstance(inline, Text):
            for word in _split(inline.text):
                yield self.inlines.text(replace(inline, text=word), spacing)
        elif isinstance(inline, Value) and isinstance(inline.value, str):
            name = self.inlines.styles.name(inline.style, spacing)
            words = f"value-words({inline.at}, {self.inlines.line_end})"
            yield f"..{words}.map({name})" if name else f"..{words}"
        elif not isinstance(inline, Drawing) or inline.wrap is Wrap.INLINE:
            yield self.inlines.code([inline], spacing)


def _split(text: str) -> list[str]:
    """Words, each with the spaces behind it."""
    words = [f"{part} " for part in text.split(" ")]
    words[-1] = words[-1][:-1]
    return [word for word in words if word]


def _interrupts(line: Line) -> bool:
    """A paragraph that begins elsewhere, or brings its own float."""
    if line.starts is not None or line.style.page_break_before:
        return True
    return any(
        isinstance(inline, Drawing) and inline.wrap is not Wrap.INLINE for inline in line.inlines
    )
