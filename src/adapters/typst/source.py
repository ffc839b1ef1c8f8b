"""The whole Typst source of an arranged document."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.runtime.typefaces.typography import Typography
from adapters.typst.bodies import Bodies
from adapters.typst.code import pt, string
from adapters.typst.drawings import Drawings
from adapters.typst.inlines import Inlines
from adapters.typst.pages import Pages
from adapters.typst.paragraphs import Paragraphs
from adapters.typst.places import Place
from adapters.typst.tables import Tables
from adapters.typst.text import TextStyles
from domain.documents.layout.arranged import (
    Arranged,
    Flow,
    Flowing,
    Framed,
    Line,
)
from domain.documents.layout.grouping import page_groups
from domain.documents.layout.nodes import Text
from domain.documents.layout.pages import Page
from domain.documents.layout.styles import LineSpacing, TextStyle
from domain.documents.layout.walking import lines_of, linked_bookmarks


def write_source(
    document: Arranged,
    typography: Typography,
    media: Mapping[str, str],
    tight: frozenset[int] = frozenset(),
) -> str:
    """Markup that imports the runtime and reads its values; `media` leads to files by part.

    Headers and footers of the `tight` sections are measured, for they may outgrow their margins.
    """
    return _Writer(document, typography, media).source(tight)


@dataclass(slots=True)
class _Where:
    """The place inlines' own blocks (notes, boxes) are written for."""

    place: Place


class _Writer:
    def __init__(
        self, document: Arranged, typography: Typography, media: Mapping[str, str]
    ) -> None:
        self._document = document
        base, line = _commonest(document)
        styles = TextStyles(typography, base, line)
        self._where = _Where(Place(page=Page(), width=None, outermost=False, region="inner"))
        drawings = Drawings(media, self._inner)
        self._inlines = Inlines(styles, drawings, self._inner, linked_bookmarks(document))
        self._paragraphs = Paragraphs(self._inlines, Bodies(self._inlines, document.default_tab))
        self._tables = Tables(self._cell)

    def source(self, tight: frozenset[int]) -> str:
        pages = Pages(self.flow, tight, self._line_of)
        groups = list(page_groups(self._document.sections))
        body = []
        for at, group in enumerate(groups):
            self._inlines.number_format = group[0][1].section.number_format
            self._inlines.section = group[0][0]
            self._where.place = Place(page=group[0][1].section.page, width=None, outermost=False)
            body.append(pages.group(group, first=at == 0))
        styles = self._inlines.styles
        if self._inlines.endnotes:
            body.append(f"#endnotes[{''.join(self._inlines.endnotes)}]\n")
        return (
            '#import "/runtime.typ": *\n'
            f"#set document(title: {string(self._document.title)})\n"
            "#set text(hyphenate: false, fallback: true, overhang: false)\n"
            f"{styles.set_rule()}"
            '#set par(leading: 0pt, spacing: 0pt, linebreaks: "simple")\n'
            "#set block(spacing: 0pt)\n"
            f"#show: notes.with({pt(styles.base.size)})\n"
            f"{styles.definitions()}{self._paragraphs.styles.definitions()}"
            f"{''.join(body)}#metadata(none)<the-end>\n"
        )

    def flow(self, flow: Flow, place: Place) -> str:
        written, at = "", 0
        while at < len(flow.blocks):
            code, taken = self._paragraphs.beside(flow.blocks[at:], place, first=at == 0)
            if not taken:
                code, taken = self._block(flow.blocks[at], place, first=at == 0), 1
            written += code
            at += taken
        if flow.end and not place.outermost:
            written += f"#v({flow.end:.3f}pt)\n"
        return written

    def _inner(self, flow: Flow) -> str:
        return self.flow(flow, self._where.place)

    def _cell(self, flow: Flow, width: float | None) -> str:
        place = Place(page=self._where.place.page, width=width, outermost=False, region="inner")
        return self.flow(flow, place)

    def _block(self, block: Flowing, place: Place, *, first: bool) -> str:
        if isinstance(block, Line):
            return self._paragraphs.line(block, place, first=first)
        if isinstance(block, Framed):
            return self._paragraphs.framed(block, place, first=first)
        return self._tables.table(block, place.width, 0.0 if first else block.gap)

    def _line_of(self, line: Line) -> float:
        return self._inlines.styles.line_box(line.style.mark, line.style.line).height


def _commonest(document: Arranged) -> tuple[TextStyle, LineSpacing]:
    """The style most letters are set in: it becomes the document's own."""
    counts: Counter[tuple[TextStyle, LineSpacing]] = Counter()
    for line in lines_of(document):
        for inline in line.inlines:
            if isinstance(inline, Text):
                counts[inline.style, line.style.line] += len(inline.text)
            elif hasattr(inline, "style"):
                counts[inline.style, line.style.line] += 1
    plain = [(key, n) for key, n in counts.items() if not key[0].underline and not key[0].script]
    if not plain:
        return TextStyle(), LineSpacing()
    return max(plain, key=lambda entry: entry[1])[0]
