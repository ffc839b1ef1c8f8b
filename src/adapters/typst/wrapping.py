"""Text that runs beside a floating picture or box."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.typst.bodies import Bodies, line_end
from adapters.typst.code import pt, string
from adapters.typst.inlines import Inlines
from adapters.typst.paragraph_styles import ParagraphStyles
from adapters.typst.places import Place
from domain.documents.layout.arranged import Flowing, Line
from domain.documents.layout.binding import Value
from domain.documents.layout.floating import anchored, from_left, side_of
from domain.documents.layout.nodes import Drawing, Text, Wrap
from domain.documents.layout.tabbing import has_tabs

_MOST: Final = 40  # paragraphs beside one float; no float is as high as more


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
        page, column = self.place.page, self.place.width or 0.0
        side = side_of(drawing, page, column)
        top, right, bottom, left = drawing.distance
        start = from_left(drawing, page, column)
        end = start + drawing.content.width
        room = end + right if side == "left" else column - start + left
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
    return bool(anchored(line.inlines))
