"""What stands in a paragraph, as HTML."""

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.weasyprint import css
from adapters.weasyprint.drawings import Drawings
from adapters.weasyprint.text import TextClasses
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
    Picture,
    Tab,
    Text,
    Wrap,
)
from domain.documents.layout.styles import LineSpacing, TextStyle

_EMU: Final = 12_700
_FORMATS: Final = {
    "lowerRoman": "lower-roman", "upperRoman": "upper-roman", "lowerLetter": "lower-alpha",
    "upperLetter": "upper-alpha",
}  # fmt: skip
_SMALL: Final = re.compile(r"([^\W\d_A-Z]*[a-zß-öø-ÿ]+)")
_SAFE: Final = ("http://", "https://", "mailto:", "tel:", "ftp://", "#")


@dataclass(slots=True)
class Inlines:
    """Writes inlines; `shift` is that of the paragraph at hand (see TextClasses)."""

    classes: TextClasses
    drawings: Drawings
    write_flow: Callable[[Flow], str]
    bookmarks: dict[str, str]
    number_format: str = "decimal"
    section: int = 0
    shift: float = 0.0
    endnotes: list[str] = field(default_factory=list)
    pages: bool = True  # else page numbers and footnotes have no page to stand on
    _label: str = ""
    _after_space: bool = True
    _placed: set[str] = field(default_factory=set)

    def code(self, inlines: Iterable[Any], line: LineSpacing) -> str:
        return "".join(_WRITERS[type(inline)](self, inline, line) for inline in inlines)

    def styled(self, style: TextStyle, line: LineSpacing, code: str) -> str:
        """A span; one whose baseline CSS would set elsewhere is moved there."""
        box = self.classes.line_box(style, line)
        name = self.classes.name(style, box.height)
        if style.stretch != 1:
            code = self._stretched(style, code)
        differs = self.classes.shift(style, line) - self.shift
        if abs(differs) < 0.05 or style.script or style.raised:  # noqa: PLR2004  nobody sees less
            return f"<span class={name}>{code}</span>"
        moved = css.style(vertical_align=css.pt(differs))
        inner = css.style(position="relative", top=css.pt(differs))
        return f"<span class={name}{moved}><span{inner}>{code}</span></span>"

    def _stretched(self, style: TextStyle, code: str) -> str:
        """Letters made wider or narrower, as one piece."""
        shown = re.sub(r"<[^>]*>", "", code)
        wide = self.classes.typography.width(html.unescape(shown), style)
        outer = css.style(display="inline-block", width=css.pt(wide), white_space="nowrap")
        inner = css.style(
            display="inline-block",
            transform=f"scaleX({style.stretch:g})",
            transform_origin="left",
        )
        return f"<span{outer}><span{inner}>{code}</span></span>"

    def text(self, inline: Text, line: LineSpacing) -> str:
        return self.styled(inline.style, line, self.letters(inline.text, inline.style))

    def letters(self, text: str, style: TextStyle) -> str:
        """Escaped text; a space that CSS would swallow becomes one it keeps."""
        text = self._kept_spaces(text)
        if not style.small_caps:
            return css.text(text).replace("\n", "<br>")
        size = css.style(font_size=css.pt(self.classes.small(style)))
        return "".join(
            f"<span{size}>{css.text(part.upper())}</span>" if part.islower() else css.text(part)
            for part in _SMALL.split(text)
            if part
        ).replace("\n", "<br>")

    def _kept_spaces(self, text: str) -> str:
        kept = []
        for letter in text:
            lost = letter == " " and self._after_space
            kept.append("\u00a0" if lost else letter)
            self._after_space = letter in " \n"
        return "".join(kept)

    def begin_line(self) -> None:
        """What comes now begins a line."""
        self._after_space = True

    def value(self, inline: Value, line: LineSpacing) -> str:
        value = inline.value
        if isinstance(value, str):
            if inline.piece is not None:
                value = value.split("\t")[inline.piece]
            return self.styled(inline.style, line, self.letters(value, inline.style))
        if hasattr(value, "url"):
            inner = self.styled(inline.style, line, css.text(value.text))
            return self._anchor(value.url, inner)
        picture = Picture(
            media=self.drawings.add(value),
            width=value.width / _EMU,
            height=value.height / _EMU,
            description=value.alt,
        )
        return self.drawing(Drawing(content=picture, style=inline.style), line)

    def _anchor(self, target: str, inner: str) -> str:
        if not target.lower().startswith(_SAFE):
            return inner
        return f"<a href={css.quoted(target)}>{inner}</a>"

    def line_break(self, inline: Break, line: LineSpacing) -> str:
        self._after_space = True
        return "<br>"

    def page_number(self, inline: PageNumber, line: LineSpacing) -> str:
        if not self.pages:
            return self.styled(inline.style, line, "1")
        kind = _FORMATS.get(inline.format or self.number_format, "decimal")
        name = {
            Counted.PAGE: f"pn-{kind}", Counted.PAGES: f"np-{kind}",
            Counted.SECTION_PAGES: f"np-{kind}",
        }[inline.counted]  # fmt: skip
        return self.styled(inline.style, line, f"<span class={name}></span>")

    def tab(self, inline: Tab, line: LineSpacing) -> str:
        return "<span style=display:inline-block;width:36pt></span>"  # in links and the like

    def link(self, inline: Link, line: LineSpacing) -> str:
        inner = self.code(inline.inlines, line)
        if not inline.target.startswith("#"):
            return self._anchor(inline.target, inner)
        label = self.bookmarks.get(inline.target[1:])
        return f"<a href=#{label}>{inner}</a>" if label else inner

    def bookmark(self, inline: Bookmark, line: LineSpacing) -> str:
        label = self.bookmarks.get(inline.name)
        if label is None or label in self._placed:
            return ""
        self._placed.add(label)
        return f"<a id={label}></a>"

    def note(self, inline: Note, line: LineSpacing) -> str:
        outer, self._label = self._label, inline.label
        kept, spaced = self.shift, self._after_space
        body = self.write_flow(inline.blocks)
        self._label, self.shift, self._after_space = outer, kept, spaced
        call = self.styled(inline.style, line, css.text(inline.label))
        if inline.endnote or not self.pages:
            self.endnotes.append(body)
            return call
        return f"{call}<span class=note>{body}</span>"

    def note_number(self, inline: NoteNumber, line: LineSpacing) -> str:
        return self.styled(inline.style, line, css.text(self._label))

    def drawing(self, inline: Drawing, line: LineSpacing) -> str:
        if inline.wrap is not Wrap.INLINE:
            return ""  # placed beside the paragraph
        face = self.classes.typography.face(inline.style)
        extra = max(0.0, extra_below(natural_box(face, inline.style.size), line))
        return self.drawings.inline(inline, self.shift, extra)


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
