"""Lines with tabs: CSS has no tab stops, so the pieces get boxes of computed widths."""

from dataclasses import dataclass
from typing import Any, Final

from adapters.weasyprint import css
from adapters.weasyprint.inlines import Inlines
from domain.documents.layout.arranged import Line
from domain.documents.layout.binding import Value
from domain.documents.layout.nodes import Drawing, Link, PageNumber, Text, Wrap
from domain.documents.layout.styles import TabAlign, TextStyle
from domain.documents.layout.tabbing import (
    decimal_head,
    place_piece,
    split_lines,
    split_tabs,
    tab_styles,
    without_end,
)

_HAIR: Final = 0.05
_PAGE_DIGITS: Final = "00"


@dataclass(slots=True)
class Tabs:
    inlines: Inlines
    default_tab: float

    def laid_out(self, line: Line, width: float, marker: str, marker_width: float) -> str:
        """All lines of a paragraph; `marker` is its list marker, `marker_width` points wide."""
        style = line.style
        found = []
        for at, inlines in enumerate(split_lines(line.inlines)):
            x = style.left + (style.first if at == 0 else 0.0)
            head = marker if at == 0 else ""
            x += marker_width if at == 0 else 0.0
            found.append(head + self._line(line, inlines, x, width - style.right))
        return "<br>".join(found)

    def _line(self, line: Line, inlines: tuple[Any, ...], x: float, edge: float) -> str:
        spacing, style, pieces = line.style.line, line.style, split_tabs(without_end(inlines))
        code = self.inlines.code(pieces[0], spacing)
        x = self._end(pieces[0], x, style.left, edge)
        beyond = False  # a stop behind the margin: the line must not be broken there
        for piece, tab in zip(pieces[1:], tab_styles(inlines), strict=True):
            wide = self._width(piece)
            placed = place_piece(style, x, wide, self._head(piece), self.default_tab, edge)
            inner = self.inlines.code(piece, spacing)
            position = placed.stop.position
            if placed.stop.align is TabAlign.RIGHT and position - x > wide:
                leader = self._gap(position - x - wide, placed.stop.leader, tab)
                code += f"{leader}<span class=ib>{inner}</span>"
                x = position
            else:
                code += self._gap(placed.gap, placed.stop.leader, tab)
                fits = placed.x + wide <= edge + _HAIR or placed.stop.position > edge
                boxed = fits and placed.stop.align is not TabAlign.LEFT
                code += f"<span class=ib>{inner}</span>" if boxed else inner
                x = self._end(piece, placed.x, style.left, edge)
            beyond = beyond or placed.stop.position > edge + _HAIR
        return f"<span class=ib>{code}</span>" if beyond else code

    def _gap(self, width: float, leader: str, style: TextStyle) -> str:
        width = max(width - 0.01, 0.0)
        if style.underline:
            return f"<span{_rule(style, width)}></span>"
        if not leader:
            return f"<span{css.style(display='inline-block', width=css.pt(width))}></span>"
        one = self.inlines.classes.typography.width(leader, style)
        dots = leader * int(width / one) if one else ""
        box = css.style(
            display="inline-block", width=css.pt(width), text_align="right", white_space="nowrap",
            text_indent="0",
        )  # fmt: skip
        return f"<span{box}>{css.text(dots)}</span>"

    # ---- measuring

    def _width(self, piece: tuple[Any, ...]) -> float:
        return sum(self._one(inline) for inline in piece)

    def _one(self, inline: Any) -> float:
        width = self.inlines.classes.typography.width
        if isinstance(inline, Text):
            return width(inline.text, inline.style)
        if isinstance(inline, Value):
            return width(_shown(inline), inline.style)
        if isinstance(inline, PageNumber):
            return width(_PAGE_DIGITS[:1], inline.style)
        if isinstance(inline, Link):
            return self._width(inline.inlines)
        if isinstance(inline, Drawing) and inline.wrap is Wrap.INLINE:
            return inline.content.width
        return 0.0

    def _head(self, piece: tuple[Any, ...]) -> float:
        """The width up to the decimal sign; all of it where there is none."""
        total = 0.0
        for inline in piece:
            text = inline.text if isinstance(inline, Text) else None
            if isinstance(inline, Value):
                text = _shown(inline)
            head = None if text is None else decimal_head(text)
            if head is not None:
                return total + self.inlines.classes.typography.width(head, inline.style)
            total += self._one(inline)
        return total

    def _end(self, piece: tuple[Any, ...], x: float, rest: float, edge: float) -> float:
        """Where the last line of a piece ends that begins at `x` and goes on at `rest`."""
        if x + self._width(piece) <= edge + _HAIR:
            return x + self._width(piece)
        for inline in piece:
            for word in _words(inline):
                wide = self.inlines.classes.typography.width(word, inline.style)
                bare = self.inlines.classes.typography.width(word.rstrip(" "), inline.style)
                if x + bare > edge + _HAIR:
                    x = rest
                x += wide
        return x


def _rule(style: TextStyle, width: float) -> str:
    """The line an underlined tab draws."""
    thick = max(style.size / 20, 0.75)
    paint = css.color(style.underline_color or style.color or "000000")
    return css.style(
        display="inline-block", width=css.pt(width), height="0",
        vertical_align=css.pt(-style.size * 0.115 - thick / 2),
        border_bottom=f"{css.pt(thick)} solid {paint}",
    )  # fmt: skip


def _shown(value: Value) -> str:
    if not isinstance(value.value, str):
        return str(getattr(value.value, "text", ""))
    return value.value if value.piece is None else value.value.split("\t")[value.piece]


def _words(inline: Any) -> list[str]:
    text = _shown(inline) if isinstance(inline, Value) else getattr(inline, "text", "")
    return [f"{word} " for word in str(text).split(" ")] if text else []
