"""Reads `w:pPr` into what it says; merged by `dict |` along the chain of styles."""

from typing import Any, Final

from adapters.docx.layout.edges import read_border, read_shading
from adapters.docx.layout.names import W, attr, child, children, number, on_off, points, val
from adapters.docx.layout.text_formats import Said
from adapters.docx.layout.theme import Theme
from adapters.docx.wordml import Element
from domain.documents.layout.styles import (
    Align,
    Border,
    Borders,
    LineRule,
    LineSpacing,
    ParagraphStyle,
    TabAlign,
    TabStop,
    TextStyle,
)

_ALIGN: Final = {
    "left": Align.START, "start": Align.START, "center": Align.CENTER, "right": Align.END,
    "end": Align.END, "both": Align.JUSTIFY, "distribute": Align.JUSTIFY,
    "lowKashida": Align.JUSTIFY, "mediumKashida": Align.JUSTIFY, "highKashida": Align.JUSTIFY,
    "thaiDistribute": Align.JUSTIFY,
}  # fmt: skip
_SWITCHES: Final = {
    "keepNext": "keep_next", "keepLines": "keep_lines", "widowControl": "widow_control",
    "pageBreakBefore": "page_break_before", "contextualSpacing": "contextual", "bidi": "rtl",
}  # fmt: skip
_TAB_ALIGN: Final = {
    "center": TabAlign.CENTER, "right": TabAlign.RIGHT, "end": TabAlign.RIGHT,
    "decimal": TabAlign.DECIMAL,
}  # fmt: skip
_LEADERS: Final = {
    "dot": ".", "hyphen": "-", "underscore": "_", "heavy": "_", "middleDot": "·",
}  # fmt: skip
_AUTO_SPACING: Final = 14.0  # what “automatic” HTML spacing comes to
_LINE: Final = 240  # of them in a single line


def paragraph_said(properties: Element | None, theme: Theme) -> Said:
    """What a `w:pPr` says; its tabs as {position: stop or None for a cleared one}."""
    said: Said = {}
    if properties is None:
        return said
    for tag, name in _SWITCHES.items():
        switch = on_off(properties, tag)
        if switch is not None:
            said[name] = switch
    align = val(properties, "jc")
    if align in _ALIGN:
        said["align"] = _ALIGN[align]
    level = number(val(properties, "outlineLvl"))
    if level is not None:
        said["outline"] = int(level) + 1 if 0 <= level <= 8 else 0  # noqa: PLR2004
    _spacing(child(properties, W + "spacing"), said)
    _indents(child(properties, W + "ind"), said)
    _edges(properties, theme, said)
    tabs = child(properties, W + "tabs")
    if tabs is not None:
        said["tabs"] = dict(_tab(tab) for tab in children(tabs, W + "tab"))
    return said


def _spacing(element: Element | None, said: Said) -> None:
    if element is None:
        return
    for side in ("before", "after"):
        lines = number(attr(element, f"{side}Lines"))
        size = points(attr(element, side))
        if (attr(element, f"{side}Autospacing") or "0").lower() in {"1", "true", "on"}:
            said[side] = _AUTO_SPACING
            said[f"{side}_auto"] = True
        elif size is not None or lines:
            said[side] = size if size is not None else (lines or 0.0) * 0.12
            said[f"{side}_auto"] = False
    line = number(attr(element, "line"))
    if line:
        said["line"] = _line_spacing(line, attr(element, "lineRule") or "auto")


def _line_spacing(line: float, rule: str) -> LineSpacing:
    if rule == "exact" or line < 0:
        return LineSpacing(LineRule.EXACT, abs(line) / 20)
    if rule == "atLeast":
        return LineSpacing(LineRule.AT_LEAST, line / 20)
    return LineSpacing(LineRule.MULTIPLE, line / _LINE)


def _indents(element: Element | None, said: Said) -> None:
    if element is None:
        return
    for name, attributes in (("left", ("start", "left")), ("right", ("end", "right"))):
        for attribute in attributes:
            size = points(attr(element, attribute))
            if size is not None:
                said[name] = size
    first, hanging = points(attr(element, "firstLine")), points(attr(element, "hanging"))
    if hanging is not None:
        said["first"] = -hanging
    elif first is not None:
        said["first"] = first


def _edges(properties: Element, theme: Theme, said: Said) -> None:
    shading = read_shading(properties, theme)
    if shading is not None:
        said["background"] = shading
    edges = child(properties, W + "pBdr")
    if edges is None:
        return
    for side in ("top", "right", "bottom", "left", "between"):
        border = read_border(child(edges, W + side), theme)
        if border is not None:
            said[f"border_{side}"] = border if border.width else None


def _tab(element: Element) -> tuple[float, TabStop | None]:
    position = round(points(attr(element, "pos")) or 0.0, 2)
    kind = attr(element, "val") or "left"
    if kind in {"clear", "bar"}:
        return position, None
    leader = _LEADERS.get(attr(element, "leader") or "", "")
    return position, TabStop(position, _TAB_ALIGN.get(kind, TabAlign.LEFT), leader)


def merged_paragraphs(*layers: Said) -> Said:
    """Later layers win; tab stops add up and clear one another."""
    merged: Said = {}
    tabs: dict[float, TabStop | None] = {}
    for layer in layers:
        tabs |= layer.get("tabs", {})
        merged |= layer
    if tabs:
        merged["tabs"] = tabs
    return merged


def paragraph_style(said: Said, mark: TextStyle, style_id: str) -> ParagraphStyle:
    """The finished style."""
    edge = {side: said.get(f"border_{side}") for side in ("top", "right", "bottom", "left")}
    stops = (stop for _, stop in sorted(said.get("tabs", {}).items()) if stop is not None)
    plain: dict[str, Any] = {
        name: said[name]
        for name in (
            "align", "left", "right", "first", "before", "after", "line", "contextual",
            "keep_next", "keep_lines", "widow_control", "page_break_before", "rtl", "outline",
            "background",
        )
        if name in said
    }  # fmt: skip
    between: Border | None = said.get("border_between")
    return ParagraphStyle(
        style_id=style_id, borders=Borders(**edge), between=between, tabs=tuple(stops), mark=mark,
        **plain,
    )  # fmt: skip
