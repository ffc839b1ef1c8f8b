"""What a paragraph holds: its marker, its text, its tabs."""

from typing import Any, Final

from adapters.typst.code import pt, string
from adapters.typst.inlines import Inlines
from adapters.typst.places import Place
from adapters.typst.text import underline
from domain.documents.layout.arranged import Line
from domain.documents.layout.binding import Value
from domain.documents.layout.nodes import Bookmark, Break, Drawing, Marker, Wrap
from domain.documents.layout.styles import Align, LineSpacing, ParagraphStyle, TabStop, TextStyle
from domain.documents.layout.tabbing import (
    has_tabs,
    marker_room,
    split_lines,
    split_tabs,
    stops_of,
    tab_styles,
    text_head,
    without_end,
)

_BEFORE: Final = {"end": 1.0, "center": 0.5}  # what of a marker stands before its line's start


class Bodies:
    """Writes the content of paragraphs as statements of a code block."""

    def __init__(self, inlines: Inlines, default_tab: float) -> None:
        self._inlines = inlines
        self._default_tab = default_tab

    def body(self, line: Line, place: Place) -> str | None:
        """Statements of the paragraph's content; None when it shows nothing."""
        spacing = line.style.line
        self._inlines.line_end = line_end(line.style)
        shown = [inline for inline in line.inlines if not _is_silent(inline)]
        if not shown and line.marker is None:
            marks = [inline for inline in line.inlines if isinstance(inline, Bookmark)]
            return None if not marks else self._with_strut(marks, line)
        if has_tabs(line.inlines):
            return self._tabbed(line, place)
        code = self._inlines.code(line.inlines, spacing)
        if line.marker is not None:
            code = f"{self._marker(line, line.marker)}; {code}" if code else self._bare(line)
        if shown and isinstance(shown[-1], Break):
            code += f"; {self._strut(line)}"
        return code

    def _bare(self, line: Line) -> str:
        """A list paragraph with nothing behind its marker."""
        marker = "" if line.marker is None else self._marker(line, line.marker)
        return f"{marker}; {self._strut(line)}"

    def _with_strut(self, marks: list[Any], line: Line) -> str:
        return f"{self._inlines.code(marks, line.style.line)}; {self._strut(line)}"

    def _strut(self, line: Line) -> str:
        box = self._inlines.styles.line_box(line.style.mark, line.style.line)
        return f"strut({pt(box.above)}, {pt(box.below)})"

    # ---- lists

    def _marker(self, line: Line, marker: Marker) -> str:
        text = self._inlines.styled(marker.style, line.style.line, string(marker.text))
        wide = self._inlines.styles.typography.width(marker.text, marker.style)
        if marker.suffix != "tab":
            return text + ('; " "' if marker.suffix == "space" else "")
        room = marker_room(line.style, wide, marker.align, self._default_tab)
        before = wide * _BEFORE.get(marker.align, 0.0)
        if before:
            return f"h({pt(-before)}); {text}; h({pt(room - wide + before)})"
        return f"box(width: {pt(room)}, {text})"

    # ---- tabs

    def _tabbed(self, line: Line, place: Place) -> str:
        style = line.style
        first = style.left + style.first
        found = []
        for at, inlines in enumerate(split_lines(line.inlines)):
            start = first if at == 0 else style.left
            pieces = split_tabs(without_end(inlines))
            rules = ["none", *map(self._rule, tab_styles(inlines))]
            code = [
                self._piece(piece, style.line, rule)
                for piece, rule in zip(pieces, rules, strict=True)
            ]
            if not any(pieces):
                code[0] = f"({{ {self._strut(line)} }}, none, none)"
            if at == 0 and line.marker is not None:
                marker = self._marker(line, line.marker)
                code[0] = (
                    f"({{ {marker}; {self._inlines.code(pieces[0], style.line)} }}, none, none)"
                )
            if len(pieces) == 1 and at:
                found.append(self._inlines.code(pieces[0], style.line) or self._strut(line))
                continue
            edge = "size.width" if place.width is None else pt(place.width)
            stops = ", ".join(_stop(stop) for stop in stops_of(style))
            found.append(
                f"tabbed(({', '.join(code)},), ({stops}{',' if stops else ''}), {pt(start)}, "
                f"{pt(style.left)}, {edge} - {pt(style.right)}, {pt(self._default_tab)})"
            )
        return f"; {self._inlines.line_end}; ".join(found)

    def _rule(self, style: TextStyle) -> str:
        """The line a tab draws: its stroke, and how far below the letters."""
        if not style.underline:
            return "none"
        stroke, low = underline(style)
        return f"({stroke}, {low})"

    def _piece(self, piece: tuple[Any, ...], spacing: LineSpacing, rule: str) -> str:
        head = text_head(piece)
        if head is not None:
            head_code = f"{{ {self._inlines.code(head, spacing)} }}"
        elif len(piece) == 1 and isinstance(piece[0], Value) and isinstance(piece[0].value, str):
            head_code = self._inlines.head(piece[0], spacing)
        else:
            head_code = "none"
        return f"({{ {self._inlines.code(piece, spacing) or '[]'} }}, {head_code}, {rule})"


def _is_silent(inline: Any) -> bool:
    if isinstance(inline, Drawing):
        return inline.wrap is not Wrap.INLINE
    return isinstance(inline, Bookmark)


def _stop(stop: TabStop) -> str:
    return f"({pt(stop.position)}, {string(stop.align.value)}, {string(stop.leader)})"


def line_end(style: ParagraphStyle) -> str:
    """What a break within the paragraph does to the line it ends."""
    return "spread" if style.align is Align.JUSTIFY else "plain"
