"""What stands in a paragraph, as Typst code."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.typst.code import pt, string
from adapters.typst.drawings import Drawings
from adapters.typst.text import TextStyles
from domain.documents.layout.arranged import Flow
from domain.documents.layout.binding import Value
from domain.documents.layout.lines import extra_below, natural_box
from domain.documents.layout.nodes import (
    Bookmark,
    Break,
    Counted,
    Drawing,
    Link,
    Note,
    NoteNumber,
    PageNumber,
    Tab,
    Text,
    Wrap,
)
from domain.documents.layout.styles import LineSpacing, TextStyle

_PATTERNS: Final = {
    "decimal": '"1"', "lowerRoman": '"i"', "upperRoman": '"I"', "lowerLetter": '"a"',
    "upperLetter": '"A"', "numberInDash": '"- 1 -"',
}  # fmt: skip


@dataclass(slots=True)
class Inlines:
    """Writes inlines; one writer for a document, as bookmarks and notes are counted over all."""

    styles: TextStyles
    drawings: Drawings
    write_flow: Callable[[Flow], str]
    bookmarks: dict[str, str] = field(default_factory=dict)  # name to label
    _placed: set[str] = field(default_factory=set)
    endnotes: list[str] = field(default_factory=list)  # in order, for the document's end
    line_end: str = "plain"  # or "spread", in a justified paragraph
    _label: str = ""  # of the note being written
    number_format: str = "decimal"
    section: int = 0

    def code(self, inlines: Iterable[Any], line: LineSpacing) -> str:
        """Statements of a code block, one after the other."""
        return "; ".join(self._one(inline, line) for inline in inlines)

    def _one(self, inline: Any, line: LineSpacing) -> str:
        return _WRITERS[type(inline)](self, inline, line)

    def styled(self, style: TextStyle, line: LineSpacing, code: str) -> str:
        name = self.styles.name(style, line)
        return f"{name}({code})" if name else code

    def text(self, inline: Text, line: LineSpacing) -> str:
        text = inline.text
        if inline.style.all_caps:
            text = text.upper()
        if not inline.style.small_caps or text == text.upper():
            return self.styled(inline.style, line, string(text))
        return self.styled(inline.style, line, f"capitals({string(text)})")

    def value(self, inline: Value, line: LineSpacing) -> str:
        value, at = inline.value, inline.at
        if isinstance(value, str) and inline.piece is not None:
            code = f"value-piece({at}, {inline.piece}, {self.line_end})"
            return self.styled(inline.style, line, code)
        if isinstance(value, str):
            code = f"{self.line_end}-values.at({at})"
            if inline.style.small_caps:
                code = f"value-small({at}, {self.line_end})"
            elif inline.style.all_caps:
                code = f"value-upper({at}, {self.line_end})"
            return self.styled(inline.style, line, code)
        if hasattr(value, "url"):
            return self.styled(inline.style, line, f"value-link({at})")
        return f"value-image({at})"

    def head(self, inline: Value, line: LineSpacing) -> str:
        """The part of a number before its decimal sign, found when the value is known."""
        code = f"value-head({inline.at}, {inline.piece or 0})"
        return self.styled(inline.style, line, code)

    def line_break(self, inline: Break, line: LineSpacing) -> str:
        return self.line_end

    def page_number(self, inline: PageNumber, line: LineSpacing) -> str:
        kind = inline.format or self.number_format
        pattern = _PATTERNS.get(kind, '"1"')
        number = {
            Counted.PAGE: f"counter(page).display({pattern})",
            Counted.PAGES: f"numbering({pattern}, locate(<the-end>).page())",
            Counted.SECTION_PAGES: (
                f"numbering({pattern}, locate(<end-{self.section}>).page() - "
                f"locate(<start-{self.section}>).page() + 1)"
            ),
        }[inline.counted]
        return self.styled(inline.style, line, f"context {number}")

    def tab(self, inline: Tab, line: LineSpacing) -> str:
        return f"h({pt(36)})"  # only inside links and the like; lines with tabs are laid out

    def link(self, inline: Link, line: LineSpacing) -> str:
        body = f"{{ {self.code(inline.inlines, line)} }}"
        if not inline.target.startswith("#"):
            return f"link({string(inline.target)}, {body})"
        label = self.bookmarks.get(inline.target[1:])
        return f"link(<{label}>, {body})" if label else body

    def bookmark(self, inline: Bookmark, line: LineSpacing) -> str:
        label = self.bookmarks.get(inline.name)
        if label is None or label in self._placed:
            return "[]"
        self._placed.add(label)
        return f"[#metadata(none)<{label}>]"

    def note(self, inline: Note, line: LineSpacing) -> str:
        outer, self._label = self._label, inline.label
        body = self.write_flow(inline.blocks)
        self._label = outer
        if inline.endnote:
            self.endnotes.append(body)
            return self.styled(inline.style, line, string(inline.label))
        label = f"numbering: _ => {string(inline.label)}"
        return self.styled(inline.style, line, f"footnote({label}, [{body}])")

    def note_number(self, inline: NoteNumber, line: LineSpacing) -> str:
        return self.styled(inline.style, line, string(self._label))

    def drawing(self, inline: Drawing, line: LineSpacing) -> str:
        if inline.wrap is not Wrap.INLINE:
            return "[]"  # placed beside the paragraph
        face = self.styles.typography.face(inline.style)
        extra = extra_below(natural_box(face, inline.style.size), line)
        return self.drawings.inline(inline, max(extra, 0.0))


_WRITERS: Final[dict[type, Callable[[Inlines, Any, LineSpacing], str]]] = {
    Text: Inlines.text,
    Value: Inlines.value,
    Break: Inlines.line_break,
    PageNumber: Inlines.page_number,
    Tab: Inlines.tab,
    Link: Inlines.link,
    Bookmark: Inlines.bookmark,
    Note: Inlines.note,
    NoteNumber: Inlines.note_number,
    Drawing: Inlines.drawing,
}
