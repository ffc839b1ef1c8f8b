"""Paragraphs, frames around them, and what floats beside them, as Typst code."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from adapters.typst.bodies import Bodies
from adapters.typst.code import arguments, pt
from adapters.typst.inlines import Inlines
from adapters.typst.paragraph_styles import ParagraphStyles, frame, rule
from adapters.typst.places import Place
from adapters.typst.wrapping import Wrapping
from domain.documents.layout.arranged import Flowing, Framed, Line
from domain.documents.layout.floating import anchored, wraps
from domain.documents.layout.nodes import BreakKind, Wrap
from domain.documents.layout.styles import ParagraphStyle
from domain.documents.layout.tabbing import has_tabs


@dataclass(slots=True)
class Paragraphs:
    """Writes lines and frames."""

    inlines: Inlines
    bodies: Bodies
    styles: ParagraphStyles = field(default_factory=ParagraphStyles)

    def line(self, line: Line, place: Place, *, first: bool) -> str:
        """One statement of markup. `first` keeps the gap even at the top of its container."""
        before, gap = self._start(line, place, first=first)
        near: list[str] = []
        for drawing in anchored(line.inlines):
            if drawing.wrap is Wrap.TOP_BOTTOM and drawing.y.frame == "paragraph":
                near.append(self.inlines.drawings.above(drawing, place))
            elif drawing.y.frame == "paragraph":
                near.append(self.inlines.drawings.placed(drawing, place))
            else:
                before += f"#{self.inlines.drawings.placed(drawing, place)}\n"
        if not near:
            return before + self._block(line, place, gap)
        sticky = ", sticky: true" if line.style.keep_next else ""
        inner = "".join(f"#{code}\n" for code in near) + self._block(line, place, 0.0)
        return f"{before}#block(above: {pt(gap)}, width: 100%{sticky})[{inner}]\n"

    def _start(self, line: Line, place: Place, *, first: bool) -> tuple[str, float]:
        """What comes before, and the gap that is left for the block itself."""
        breaks = line.starts is not None or line.style.page_break_before
        if breaks and (place.outermost or place.columns):
            column = line.starts is BreakKind.COLUMN and place.columns
            code = "#colbreak(weak: true)\n" if column or not place.outermost else _PAGE_BREAK
        elif first:
            code = ""
        else:
            return "", line.gap
        return code + (f"#v({pt(line.gap)})\n" if line.gap else ""), 0.0

    def _block(self, line: Line, place: Place, gap: float) -> str:
        body = self.bodies.body(line, place)
        sticky = ", sticky: true" if line.style.keep_next else ""
        if body is None:
            box = self.inlines.styles.line_box(line.style.mark, line.style.line)
            settings = arguments(above=pt(gap), height=pt(box.height), width="100%")
            return f"#block({settings}{sticky})\n"
        name = self.styles.name(line.style)
        if place.width is None and has_tabs(line.inlines):  # only the layout knows the width
            inner = f"layout(size => {name}(0pt, {{ {body} }}))"
            return f"#block(above: {pt(gap)}, width: 100%{sticky}, {inner})\n"
        return f"#{name}({pt(gap)}, {{ {body} }})\n"

    # ---- frames

    def framed(self, framed: Framed, place: Place, *, first: bool) -> str:
        style = framed.style
        head = framed.lines[0]
        before, gap = self._start(replace(head, gap=framed.gap), place, first=first)
        inner = replace(place, outermost=False, columns=False)
        lines = [replace(head, starts=None, style=_unbroken(head.style)), *framed.lines[1:]]
        body = []
        for at, line in enumerate(lines):
            shown = line
            if at and style.between is not None:
                body.append(rule(style.between, line.gap))
                shown = replace(line, gap=0.0)
            body.append(self.line(shown, inner, first=at == 0))
        return f"{before}#block({frame(style, gap)})[{''.join(body)}]\n"

    # ---- text beside a floating thing

    def beside(self, blocks: Sequence[Flowing], place: Place, *, first: bool) -> tuple[str, int]:
        """Lines that may run beside what floats at the first block, and how many were taken.

        0 when nothing floats there that text can run beside.
        """
        head = blocks[0]
        if not isinstance(head, Line) or place.width is None:
            return "", 0
        found = [d for d in anchored(head.inlines) if wraps(d, place.page, place.width)]
        if len(found) != 1:
            return "", 0
        wrapping = Wrapping(self.inlines, self.bodies, self.styles, place)
        taken = wrapping.lines(blocks)
        before, gap = self._start(head, place, first=first)
        others = [drawing for drawing in anchored(head.inlines) if drawing is not found[0]]
        for drawing in others:
            before += f"#{self.inlines.drawings.placed(drawing, place)}\n"
        return f"{before}{wrapping.code(found[0], taken, gap)}", len(taken)


_PAGE_BREAK = "#pagebreak(weak: true)\n"


def _unbroken(style: ParagraphStyle) -> ParagraphStyle:
    return replace(style, page_break_before=False)
