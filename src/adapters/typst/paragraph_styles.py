"""Paragraph styles as Typst functions of a gap and a body, each defined once and named."""

from dataclasses import dataclass, field, replace
from typing import Final

from adapters.typst.code import arguments, color, pt
from adapters.typst.drawings import stroke
from domain.documents.layout.styles import (
    Align,
    Border,
    Borders,
    LineKind,
    LineSpacing,
    ParagraphStyle,
    TextStyle,
)

_ALIGN: Final = {Align.START: "start", Align.CENTER: "center", Align.END: "end"}


@dataclass(slots=True)
class ParagraphStyles:
    """Names a function for every style in use."""

    _names: dict[ParagraphStyle, str] = field(default_factory=dict)

    def name(self, style: ParagraphStyle) -> str:
        """The function of a style; what does not change the block is not looked at."""
        key = replace(
            style, style_id="", before=0.0, after=0.0, line=LineSpacing(), contextual=False,
            page_break_before=False, tabs=(), outline=0, mark=TextStyle(), background="",
            borders=Borders(), between=None,
        )  # fmt: skip
        return self._names.setdefault(key, f"p{len(self._names)}")

    def definitions(self) -> str:
        return "".join(
            f"#let {name} = (gap, body) => {_function(style)}\n"
            for style, name in self._names.items()
        )


def _function(style: ParagraphStyle) -> str:
    """The block and paragraph settings of a style."""
    start, end = style.left + min(style.first, 0.0), style.right
    if style.rtl:
        start, end = end, start
    inset = arguments(left=pt(start) if start else None, right=pt(end) if end else None)
    block = arguments(
        above="gap",
        width="100%",
        inset=f"({inset})" if inset else None,
        breakable="false" if style.keep_lines else None,
        sticky="true" if style.keep_next else None,
    )
    par = arguments(
        justify="true" if style.align is Align.JUSTIFY else None,
        hanging_indent=pt(-style.first) if style.first < 0 else None,
        first_line_indent=f"(amount: {pt(style.first)}, all: true)" if style.first > 0 else None,
    )
    content = f"par({par}, body)" if par else "par(body)"
    rules = []
    if style.align in _ALIGN and style.align is not Align.START:
        rules.append(f"set align({_ALIGN[style.align]})")
    if not style.widow_control:
        rules.append("set text(costs: (widow: 0%, orphan: 0%))")
    if style.rtl:
        rules.append("set text(dir: rtl)")
    return f"block({block}, {{ {'; '.join([*rules, content])} }})"


def frame(style: ParagraphStyle, gap: float) -> str:
    borders = style.borders
    left, right = style.left + min(style.first, 0.0), style.right
    sides = {
        "top": borders.top,
        "right": borders.right,
        "bottom": borders.bottom,
        "left": borders.left,
    }
    strokes = arguments(
        **{side: stroke(border) if border else None for side, border in sides.items()}
    )
    outset = arguments(left=pt(_room(borders.left) - left), right=pt(_room(borders.right) - right))
    inset = arguments(top=pt(_thick(borders.top)), bottom=pt(_thick(borders.bottom)))
    return arguments(
        above=pt(gap),
        width="100%",
        stroke=f"({strokes})" if strokes else None,
        fill=color(style.background) if style.background else None,
        outset=f"({outset})",
        inset=f"({inset})",
    )


def _room(border: Border | None) -> float:
    return 0.0 if border is None else border.space + border.width / 2


def _thick(border: Border | None) -> float:
    return 0.0 if border is None else border.space + border.width


def rule(border: Border, gap: float) -> str:
    thickness = border.width / (3 if border.kind is LineKind.DOUBLE else 1)
    return (
        f"#block(above: {pt(gap)}, width: 100%, inset: (bottom: {pt(border.space)}), "
        f"line(length: 100%, stroke: {pt(thickness)} + {color(border.color)}))\n"
    )
