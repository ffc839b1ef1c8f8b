"""Arranges a bound layout: counts lists, settles gaps, joins borders, lays out grids."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from domain.documents.layout.arranged import (
    Arranged,
    ArrangedSection,
    Flow,
    FlowFurniture,
    Flowing,
    Framed,
    Line,
)
from domain.documents.layout.binding import Row, bind
from domain.documents.layout.counting import Counter
from domain.documents.layout.grids import lay_out
from domain.documents.layout.nodes import Box, Cell, Drawing, Link, Note, Paragraph, Table
from domain.documents.layout.numbers import formatted
from domain.documents.layout.pages import Furniture, Layout, Section
from domain.documents.layout.styles import ParagraphStyle


def arranged(layout: Layout, row: Row) -> Arranged:
    """The layout with the values of one row, ready to draw."""
    bound = bind(layout, row)
    arranger = Arranger(
        Counter({sequence.name: sequence for sequence in layout.sequences}),
        additive=layout.additive_spacing,
        note_formats=(layout.footnote_format, layout.endnote_format),
    )
    return Arranged(
        sections=tuple(arranger.section(section) for section in bound.sections),
        default_tab=layout.default_tab,
        title=layout.title,
        language=layout.language,
    )


@dataclass(slots=True)
class Arranger:
    counter: Counter
    additive: bool
    note_formats: tuple[str, str]  # of footnotes and endnotes
    _notes: dict[bool, int] = field(default_factory=dict)  # how many so far, by endnote

    def section(self, section: Section) -> ArrangedSection:
        return ArrangedSection(
            section=replace(section, blocks=()),
            flow=self.flow(section.blocks),
            headers=self._furniture(section.headers),
            footers=self._furniture(section.footers),
        )

    def _furniture(self, furniture: Furniture) -> FlowFurniture:
        usual, first, even = (
            None if blocks is None else self.flow(blocks)
            for blocks in (furniture.usual, furniture.first, furniture.even)
        )
        return FlowFurniture(usual=usual, first=first, even=even)

    def flow(self, blocks: tuple[Any, ...]) -> Flow:
        """Blocks with their gaps: the larger of two spacings, or their sum where it says so."""
        found: list[Flowing] = []
        below, above_style = 0.0, None
        for at, block in enumerate(blocks):
            if isinstance(block, Table):
                found.append(replace(self.table(block), gap=below))
                below, above_style = 0.0, None
                continue
            style = block.style
            before = 0.0 if _joined(style, above_style) else style.before
            gap = below + before if self.additive else max(below, before)
            found.append(self._line(block, gap))
            after = blocks[at + 1] if at + 1 < len(blocks) else None
            next_style = after.style if isinstance(after, Paragraph) else None
            below, above_style = 0.0 if _joined(style, next_style) else style.after, style
        return Flow(tuple(_framed(found)), below)

    def _line(self, block: Paragraph, gap: float) -> Line:
        marker = None if block.marker is None else self.counter.numbered(block.marker)
        inlines = tuple(self._inline(inline) for inline in block.inlines)
        same = all(a is b for a, b in zip(inlines, block.inlines, strict=True))
        return Line(
            style=block.style,
            inlines=block.inlines if same else inlines,
            marker=marker,
            starts=block.starts,
            gap=gap,
        )

    def _inline(self, inline: Any) -> Any:
        """Inlines that hold blocks of their own get them arranged."""
        if isinstance(inline, Drawing) and isinstance(inline.content, Box):
            box = inline.content
            return replace(inline, content=replace(box, blocks=self.flow(box.blocks)))
        if isinstance(inline, Note):
            return self._note(inline)
        if isinstance(inline, Link):
            inner = tuple(self._inline(below) for below in inline.inlines)
            return replace(inline, inlines=inner)
        return inline

    def _note(self, note: Note) -> Note:
        number = self._notes.get(note.endnote, 0) + 1
        self._notes[note.endnote] = number
        label = formatted(number, self.note_formats[note.endnote])
        return replace(note, blocks=self.flow(note.blocks), label=label)

    def table(self, table: Table) -> Any:
        def cells(cell: Cell) -> Flow:
            blocks = cell.blocks
            if len(blocks) > 1 and isinstance(blocks[-2], Table) and _is_empty(blocks[-1]):
                blocks = blocks[:-1]  # it must be there, and takes no room
            return self.flow(blocks)

        return lay_out(table, cells)


def _is_empty(block: Any) -> bool:
    return isinstance(block, Paragraph) and not block.inlines and block.marker is None


def _joined(style: ParagraphStyle, neighbour: ParagraphStyle | None) -> bool:
    """Whether contextual spacing drops the room between two paragraphs of one style."""
    return style.contextual and neighbour is not None and neighbour.style_id == style.style_id


def _frame_of(block: Flowing) -> tuple[Any, ...] | None:
    """What paragraphs must share to stand in one frame; None when there is none."""
    if not isinstance(block, Line):
        return None
    style = block.style
    if style.borders.is_empty() and not style.background:
        return None
    return (style.borders, style.background, style.left, style.right, min(style.first, 0.0))


def _framed(blocks: list[Flowing]) -> Iterator[Flowing]:
    """Neighbours with the same border share one box."""
    for key, group in groupby(blocks, key=_frame_of):
        members = list(group)
        if key is None:
            yield from members
            continue
        lines = [member for member in members if isinstance(member, Line)]
        for run in _runs(lines):
            yield Framed(
                style=run[0].style, lines=(replace(run[0], gap=0.0), *run[1:]), gap=run[0].gap
            )


def _runs(lines: list[Line]) -> Iterator[list[Line]]:
    """Cut where a page or column begins: a box ends there."""
    run: list[Line] = []
    for line in lines:
        if run and (line.starts or line.style.page_break_before):
            yield run
            run = []
        run.append(line)
    yield run
