"""Paragraphs and frames around them, as HTML."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.weasyprint import css
from adapters.weasyprint.inlines import Inlines
from adapters.weasyprint.places import Place
from adapters.weasyprint.tabs import Tabs
from domain.documents.layout.arranged import Framed, Line
from domain.documents.layout.floating import anchored, wraps
from domain.documents.layout.nodes import Bookmark, Break, BreakKind, Drawing, Marker, Wrap
from domain.documents.layout.styles import (
    Align,
    Border,
    LineSpacing,
    ParagraphStyle,
    TextStyle,
)
from domain.documents.layout.tabbing import has_tabs, marker_room, split_lines

_ALIGN: Final = {Align.CENTER: "center", Align.JUSTIFY: "justify"}
_BLANK: Final = "\u200b"


@dataclass(slots=True)
class Paragraphs:
    """Writes lines; one class for every paragraph style in use."""

    inlines: Inlines
    tabs: Tabs
    default_tab: float
    _names: dict[tuple[ParagraphStyle, float], str] = field(default_factory=dict)

    def definitions(self) -> str:
        return "".join(
            f".{name}{{{_rules(style, shift)}}}\n" for (style, shift), name in self._names.items()
        )

    def line(self, line: Line, place: Place) -> str:
        column = place.page.text_width if place.width is None else place.width
        before, inside = "", ""
        for drawing in anchored(line.inlines):
            drawings = self.inlines.drawings
            if wraps(drawing, place.page, column):
                inside += drawings.floating(drawing, place.page, column)
            elif drawing.wrap is Wrap.TOP_BOTTOM and drawing.y.frame == "paragraph":
                inside += drawings.above(drawing, place.page, column)
            elif drawing.y.frame == "paragraph":
                inside += drawings.placed(drawing, place.page, column, None)
            else:
                before += drawings.placed(drawing, place.page, column, place.top)
        paragraph = self._paragraph(line, place, gap=0.0 if inside else line.gap)
        if not inside:
            return before + paragraph
        wrapper = css.style(
            position="relative", margin_top=css.pt(line.gap), **_breaks(line, place)
        )
        return f"{before}<div class=b{wrapper}>{inside}{paragraph}</div>"

    def _paragraph(self, line: Line, place: Place, gap: float) -> str:
        mark, spacing = _base(line), line.style.line
        shift = self.inlines.classes.shift(mark, spacing)
        self.inlines.shift = shift
        self.inlines.begin_line()
        name = self._name(line.style, shift)
        height = self.inlines.classes.line_box(mark, spacing).height
        text = self.inlines.classes.name(_undecorated(mark), height)
        own = css.style(
            margin_top=css.pt(gap) if gap else None,
            line_height="0" if _only_pictures(line) else None,
            **_breaks(line, place),
        )
        body = self._body(line, place)
        return f'<div class="{name} {text} p"{own}>{body}</div>\n'

    def _name(self, style: ParagraphStyle, shift: float) -> str:
        key = replace(
            style, style_id="", before=0.0, after=0.0, line=LineSpacing(), contextual=False,
            page_break_before=False, tabs=(), outline=0, mark=TextStyle(), background="",
            borders=type(style.borders)(), between=None,
        )  # fmt: skip
        return self._names.setdefault((key, round(shift, 3)), f"p{len(self._names)}")

    def _body(self, line: Line, place: Place) -> str:
        if has_tabs(line.inlines):
            marker = "" if line.marker is None else self._marker(line, line.marker)
            width = place.page.text_width if place.width is None else place.width
            return self.tabs.laid_out(line, width, marker, self._marker_width(line))
        body = self._lines(line)
        shown = [inline for inline in line.inlines if not _is_silent(inline)]
        if line.marker is not None:
            body = self._marker(line, line.marker) + body
        if not shown or isinstance(shown[-1], Break):
            body += _BLANK
        return body

    def _lines(self, line: Line) -> str:
        """The text; in a justified paragraph the lines that a break ends are spread too."""
        spacing = line.style.line
        parts = split_lines(line.inlines)
        if line.style.align is not Align.JUSTIFY or len(parts) == 1:
            return self.inlines.code(line.inlines, spacing)
        found = []
        for part in parts[:-1]:
            found.append(f"<span class=jl>{self.inlines.code(part, spacing) or _BLANK}</span>")
            self.inlines.begin_line()
        return "".join(found) + self.inlines.code(parts[-1], spacing)

    def _marker_width(self, line: Line) -> float:
        marker = line.marker
        if marker is None:
            return 0.0
        wide = self.inlines.classes.typography.width(marker.text, marker.style)
        if marker.suffix != "tab":
            return wide
        return marker_room(line.style, wide, marker.align, self.default_tab)

    def _marker(self, line: Line, marker: Marker) -> str:
        text = self.inlines.styled(marker.style, line.style.line, css.text(marker.text))
        if marker.suffix != "tab":
            return text + (" " if marker.suffix == "space" else "")
        room = self._marker_width(line)
        inner = text
        if marker.align in {"end", "center"}:
            wide = self.inlines.classes.typography.width(marker.text, marker.style)
            wide /= 1 if marker.align == "end" else 2
            inner = f"<span{css.style(margin_left=css.pt(-wide))}>{text}</span>"
        box = css.style(display="inline-block", width=css.pt(room), text_indent="0")
        return f"<span class=mk{box}>{inner}</span>"

    # ---- frames

    def framed(self, framed: Framed, place: Place) -> str:
        style, head = framed.style, framed.lines[0]
        inner = replace(place, outermost=False)
        left, right = style.left + min(style.first, 0.0), style.right
        moved = [replace(line, style=_from(line.style, left, right)) for line in framed.lines]
        body = []
        for at, line in enumerate(moved):
            if at and style.between is not None:
                body.append(_rule(style.between, line.gap))
                body.append(self.line(replace(line, gap=0.0), inner))
            else:
                body.append(self.line(line if at else replace(line, starts=None), inner))
        edges = style.borders
        box = css.style(
            margin_top=css.pt(framed.gap) if framed.gap else None,
            margin_left=css.pt(left - _reach(edges.left)),
            margin_right=css.pt(right - _reach(edges.right)),
            padding=" ".join(
                css.pt(0.0 if edge is None else edge.space)
                for edge in (edges.top, edges.right, edges.bottom, edges.left)
            ),
            background=css.color(style.background) if style.background else None,
            **_breaks(head, place),
            **css.edges(edges),
        )
        return f"<div class=b{box}>{''.join(body)}</div>\n"


def _base(line: Line) -> TextStyle:
    """The style of most of the line's text; the paragraph mark's when it has none."""
    weights: dict[TextStyle, int] = {}
    for inline in line.inlines:
        style = getattr(inline, "style", None)
        if style is not None and not style.script and not hasattr(inline, "content"):
            weights[style] = weights.get(style, 0) + max(1, len(getattr(inline, "text", "x" * 9)))
    return max(weights, key=lambda style: weights[style]) if weights else line.style.mark


def _undecorated(style: TextStyle) -> TextStyle:
    """What a line of a paragraph may hand down to all of its letters."""
    return replace(style, underline=None, strike=False, background="", border=None)


def _is_silent(inline: Any) -> bool:
    if isinstance(inline, Drawing):
        return inline.wrap is not Wrap.INLINE
    return isinstance(inline, Bookmark)


def _only_pictures(line: Line) -> bool:
    shown = [inline for inline in line.inlines if not _is_silent(inline)]
    return bool(shown) and line.marker is None and all(isinstance(i, Drawing) for i in shown)


def _breaks(line: Line, place: Place) -> dict[str, str | None]:
    """Whether a new page or column begins; then the room above stays, else it is lost there."""
    starts = line.starts is not None or line.style.page_break_before
    found = None
    if line.starts is BreakKind.COLUMN and place.columns:
        found = "column"
    elif starts and place.outermost:
        found = "page"
    keeps = found is not None or place.opening
    return {"break_before": found, "margin_break": "keep" if keeps else None}


def _rules(style: ParagraphStyle, shift: float) -> str:
    left, right = style.left, style.right
    if style.rtl:
        left, right = right, left
    align = _ALIGN.get(style.align, "right" if (style.align is Align.END) != style.rtl else "left")
    return css.rules(
        margin_left=css.pt(left) if left else None,
        margin_right=css.pt(right) if right else None,
        text_indent=css.pt(style.first) if style.first else None,
        text_align=align if align != "left" else None,
        direction="rtl" if style.rtl else None,
        break_after="avoid" if style.keep_next else None,
        break_inside="avoid" if style.keep_lines else None,
        orphans=None if style.widow_control else "1",
        widows=None if style.widow_control else "1",
        top=css.pt(shift) if abs(shift) > 0.01 else None,  # noqa: PLR2004
    )


def _from(style: ParagraphStyle, left: float, right: float) -> ParagraphStyle:
    """Indents counted from a frame's edges."""
    return replace(
        style, left=style.left - left, right=style.right - right, page_break_before=False
    )


def _reach(border: Border | None) -> float:
    return 0.0 if border is None else border.space + border.width


def _rule(border: Border, gap: float) -> str:
    box = css.style(
        margin_top=css.pt(gap), border_top=css.border(border), height=css.pt(border.space)
    )
    return f"<div{box}></div>"
