"""What only the finished layout shows: floats no text can run past, borders drawn otherwise."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from domain.documents.layout.findings import Fidelity
from domain.documents.layout.floating import anchored, from_left, from_top, wraps
from domain.documents.layout.nodes import (
    Box,
    Cell,
    Condition,
    Drawing,
    Loop,
    Paragraph,
    Row,
    StyledRow,
    Table,
    Text,
    Wrap,
)
from domain.documents.layout.numbers import is_known_format
from domain.documents.layout.pages import Layout, Page, Section
from domain.documents.layout.styles import Border, Borders, LineKind

Report = Callable[[str, str, str, Fidelity], None]
_NEAR: Final = Fidelity.APPROXIMATE
_EXCERPT: Final = 60


def check_layout(layout: Layout, report: Report) -> None:
    """Report (feature, where, effect, severity) for what the engines only come near to."""
    for section in layout.sections:
        _check_section(section, report)
    for sequence in layout.sequences:
        for level in sequence.levels:
            if not is_known_format(level.format):
                effect = f"numbers in the format {level.format} are written in digits"
                report("list.format", "", effect, _NEAR)


def _check_section(section: Section, report: Report) -> None:
    widths = {round(column.width) for column in section.columns}
    if len(widths) > 1:
        report("columns.unequal", "", "columns of different widths are drawn equally wide", _NEAR)
    column = section.columns[0].width if section.columns else section.page.text_width
    for block, in_cell in _blocks(section.blocks, in_cell=False):
        if isinstance(block, Paragraph):
            _check_paragraph(block, section.page, 0.0 if in_cell else column, report)
        else:
            _check_table(block, report)


def _check_paragraph(block: Paragraph, page: Page, column: float, report: Report) -> None:
    where = _excerpt(block)
    _check_borders(block.style.borders, where, report)
    for drawing in anchored(block.inlines):
        if drawing.wrap is Wrap.SQUARE and not _runs_past(drawing, page, column):
            report("drawing.wrap", where, "text runs over the floating thing", _NEAR)
        if isinstance(drawing.content, Box) and drawing.wrap is Wrap.TOP_BOTTOM:
            outside = drawing.y.frame != "paragraph"
            if outside:
                report("drawing.wrap", where, "text runs over the floating box", _NEAR)


def _runs_past(drawing: Drawing, page: Page, column: float) -> bool:
    if column and wraps(drawing, page, column):
        return True
    if drawing.y.frame == "paragraph":
        return False
    top = from_top(drawing, page)
    bottom = top + drawing.content.height
    left = from_left(drawing, page, column or page.text_width)
    right = left + drawing.content.width
    return (
        bottom <= page.top
        or top >= page.height - page.bottom
        or right <= 0
        or left >= page.text_width
    )


def _check_table(block: Table, report: Report) -> None:
    where = "table"
    _check_borders(block.borders, where, report)
    _check_borders(Borders(top=block.inside_h, left=block.inside_v), where, report)
    for cell in _cells(block.rows):
        _check_borders(cell.borders, where, report)
        if cell.rotation:
            report("table.direction", where, "turned text may take another height", _NEAR)


def _check_borders(borders: Borders, where: str, report: Report) -> None:
    if any(_is_double(edge) for edge in (borders.top, borders.right, borders.bottom, borders.left)):
        report("border.double", where, "double lines are drawn as single ones", _NEAR)


def _is_double(border: Border | None) -> bool:
    return border is not None and border.kind is LineKind.DOUBLE and border.width > 0


def _excerpt(block: Paragraph) -> str:
    text = "".join(inline.text for inline in block.inlines if isinstance(inline, Text))
    return text[:_EXCERPT].strip()


def _blocks(items: tuple[Any, ...], *, in_cell: bool) -> Iterator[tuple[Paragraph | Table, bool]]:
    for item in items:
        if isinstance(item, Loop):
            yield from _blocks(item.body, in_cell=in_cell)
        elif isinstance(item, Condition):
            for branch in item.branches:
                yield from _blocks(branch, in_cell=in_cell)
        else:
            yield item, in_cell
            if isinstance(item, Table):
                for cell in _cells(item.rows):
                    yield from _blocks(cell.blocks, in_cell=True)


def _cells(items: tuple[Any, ...]) -> Iterator[Cell]:
    for item in items:
        if isinstance(item, Cell):
            yield item
        elif isinstance(item, Loop):
            yield from _cells(item.body)
        elif isinstance(item, Condition):
            for branch in item.branches:
                yield from _cells(branch)
        elif isinstance(item, StyledRow):
            yield from _cells(item.looks[0][1].cells)
        elif isinstance(item, Row):
            yield from _cells(item.cells)
