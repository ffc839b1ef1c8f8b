"""What a paragraph holds: its marker, its text, its tabs."""

from dataclasses import dataclass
from typing import Any

from adapters.typst.code import pt, string
from adapters.typst.inlines import Inlines
from adapters.typst.places import Place
from adapters.typst.tabs import decimal_head, has_tabs, split_lines, split_tabs
from domain.documents.layout.arranged import Line
from domain.documents.layout.nodes import Bookmark, Break, Drawing, Marker, Tab, Wrap
from domain.documents.layout.styles import Align, LineSpacing, ParagraphStyle, TabStop, TextStyle


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
        start = line.style.left + line.style.first
        if marker.align == "end":
            room = self._next_stop(line.style, start) - start
            return f"box(width: 0pt, place(right + bottom, {text})); h({pt(room)})"
        if marker.align == "center":
            wide /= 2
        stop = self._next_stop(line.style, start + wide)
        return f"box(width: {pt(stop - start)}, {text})"

    def _next_stop(self, style: ParagraphStyle, x: float) -> float:
        """Where a tab at `x` leads, the indent of the hanging lines being a stop too."""
        stops = [stop.position for stop in style.tabs if stop.position > x + 0.05]
        if style.first < 0 and style.left > x - 0.05:
            stops.append(style.left)
        if stops:
            return min(stops)
        return (int((x + 0.05) / self._default_tab) + 1) * self._default_tab

    # ---- tabs

    def _tabbed(self, line: Line, place: Place) -> str:
        style = line.style
        first = style.left + style.first
        found = []
        for at, inlines in enumerate(split_lines(line.inlines)):
            start = first if at == 0 else style.left
            pieces = split_tabs(self._piecewise(inlines))
            code = [self._piece(piece, style.line) for piece in pieces]
            if at == 0 and line.marker is not None:
                marker = self._marker(line, line.marker)
                code[0] = f"({{ {marker}; {self._inlines.code(pieces[0], style.line)} }}, none)"
            if len(pieces) == 1 and at:
                found.append(self._inlines.code(pieces[0], style.line) or self._strut(line))
                continue
            edge = "size.width" if place.width is None else pt(place.width)
            stops = ", ".join(_stop(stop) for stop in _stops(style))
            found.append(
                f"tabbed(({', '.join(code)},), ({stops}{',' if stops else ''}), {pt(start)}, "
                f"{pt(style.left)}, {edge} - {pt(style.right)}, {pt(self._default_tab)})"
            )
        return f"; {self._inlines.line_end}; ".join(found)

    def _piecewise(self, inlines: tuple[Any, ...]) -> tuple[Any, ...]:
        """Values that hold tabs are cut at them too."""
        found: list[Any] = []
        for inline in inlines:
            value = getattr(inline, "value", None)
            if not isinstance(value, str) or "\t" not in value:
                found.append(inline)
                continue
            for at in range(value.count("\t") + 1):
                if at:
                    found.append(Tab(inline.style))
                found.append(
                    _Code(f"value-piece({inline.at}, {at}, {self._inlines.line_end})", inline.style)
                )
        return tuple(found)

    def _piece(self, piece: tuple[Any, ...], spacing: LineSpacing) -> str:
        head = decimal_head(piece)
        head_code = "none" if head is None else f"{{ {self._codes(head, spacing)} }}"
        return f"({{ {self._codes(piece, spacing) or '[]'} }}, {head_code})"

    def _codes(self, piece: tuple[Any, ...], spacing: LineSpacing) -> str:
        return "; ".join(
            self._inlines.styled(inline.style, spacing, inline.code)
            if isinstance(inline, _Code)
            else self._inlines.code([inline], spacing)
            for inline in piece
        )


@dataclass(frozen=True, slots=True)
class _Code:
    """A ready piece of code that stands among inlines."""

    code: str
    style: TextStyle


def _is_silent(inline: Any) -> bool:
    if isinstance(inline, Drawing):
        return inline.wrap is not Wrap.INLINE
    return isinstance(inline, Bookmark)


def _stops(style: ParagraphStyle) -> list[TabStop]:
    """The style's stops; the indent of hanging lines is one too."""
    stops = list(style.tabs)
    if style.first < 0 and style.left > 0:
        stops.append(TabStop(style.left))
    return sorted(stops, key=lambda stop: stop.position)


def _stop(stop: TabStop) -> str:
    return f"({pt(stop.position)}, {string(stop.align.value)}, {string(stop.leader)})"


def line_end(style: ParagraphStyle) -> str:
    """What a break within the paragraph does to the line it ends."""
    return "spread" if style.align is Align.JUSTIFY else "plain"
