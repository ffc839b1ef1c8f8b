"""Reads a `w:tbl`: its grid, its rows as they look where they may stand, its cells."""

from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from adapters.docx.layout.context import Part
from adapters.docx.layout.edges import read_shading
from adapters.docx.layout.names import MARK, W, attr, child, children, number, on_off, points, val
from adapters.docx.layout.nesting import Milestone, nest
from adapters.docx.layout.table_styles import (
    SIDES,
    Edges,
    Look,
    TableStyle,
    Where,
    applying,
    as_borders,
    cell_layer,
    read_edges,
    read_margins,
    read_table_style,
    region_edges,
    row_cares,
)
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.nodes import (
    FIRST,
    LAST,
    SECOND_BAND,
    Cell,
    Row,
    StyledRow,
    Table,
)
from domain.documents.layout.styles import Border

_WRAPPERS: Final = frozenset(W + name for name in ("sdt", "sdtContent", "ins", "customXml"))
_PERCENT: Final = 5000  # fiftieths of a percent in a whole
_VERTICAL: Final = {"center": "center", "bottom": "bottom", "both": "center"}
_TURNED: Final = {"btLr": 270, "tbRl": 90, "tbRlV": 90}


@dataclass(frozen=True, slots=True)
class Grid:
    """What all cells of a table share."""

    style: TableStyle
    look: Look
    margins: dict[str, float]
    columns: tuple[float, ...]
    fill: str | None


def read_table(part: Part, element: Element) -> Table:
    properties = child(element, W + "tblPr")
    style = read_table_style(part.document, val(properties, "tblStyle"))
    margins = {"top": 0.0, "right": 5.4, "bottom": 0.0, "left": 5.4}
    margins |= style.margins | read_margins(child(properties, W + "tblCellMar"))
    theme = part.document.theme
    items = _items(element, "tr")
    columns = _columns(element, items)
    grid = Grid(
        style=style,
        look=Look.read(child(properties, W + "tblLook")),
        margins=margins,
        columns=columns,
        fill=read_shading(properties, theme),
    )
    edges = style.edges | style.whole.edges | read_edges(child(properties, W + "tblBorders"), theme)
    if child(properties, W + "tblpPr") is not None:
        part.report(
            "table.floating", "the floating table stands in the text", Fidelity.NEEDS_HIGH_FIDELITY
        )
    width = child(properties, W + "tblW")
    return Table(
        columns=columns,
        rows=_read_rows(part, grid, items),
        borders=as_borders({side: _drawn(edges.get(side)) for side in SIDES}),  # type: ignore[misc]
        inside_h=_drawn(edges.get("insideH")),
        inside_v=_drawn(edges.get("insideV")),
        align=_align(val(properties, "jc") or style.align),
        indent=_indent(part, properties, grid, edges.get("left")),
        share=_share(width),
        rtl=bool(on_off(properties, "bidiVisual")),
        band=grid.style.row_band,
        header_band=grid.look.shows("firstRow"),
        spacing=2 * (points(val(properties, "tblCellSpacing", "w")) or 0.0),
    )


def _drawn(border: Border | None) -> Border | None:
    return None if border is None or not border.width else border


def _align(jc: str | None) -> str:
    return {"center": "center", "right": "end", "end": "end"}.get(jc or "", "start")


def _share(width: Element | None) -> float:
    """The share of the room the table takes, 0 when its columns decide."""
    if width is None or (attr(width, "type") or "") != "pct":
        return 0.0
    text = attr(width, "w") or ""
    size = number(text.rstrip("%"))
    if not size:
        return 0.0
    return min(size / (100 if text.endswith("%") else _PERCENT), 2.0)


def _indent(part: Part, properties: Element | None, grid: Grid, left: Border | None) -> float:
    own = child(properties, W + "tblInd")
    indent = grid.style.indent or 0.0
    if own is not None and (attr(own, "type") or "dxa") == "dxa":
        indent = points(attr(own, "w")) or 0.0
    if part.document.word_2013 or part.in_cell:
        return indent + (0.0 if left is None else left.width / 2)
    return indent - grid.margins["left"]  # older Word lines the cell's text up, not its edge


def _items(parent: Element, tag: str) -> list[Element]:
    """Rows or cells with milestones between them, out of whatever wraps them."""
    found = []
    for element in parent:
        if element.tag == W + tag or str(element.tag).startswith(MARK):
            found.append(element)
        elif element.tag in _WRAPPERS:
            found.extend(_items(element, tag))
    return found


def _columns(element: Element, items: list[Element]) -> tuple[float, ...]:
    """The widths of the grid; 0 where nothing says one."""
    grid = [
        points(attr(column, "w")) or 0.0
        for column in children(child(element, W + "tblGrid"), W + "gridCol")
    ]
    widest: list[float] = []
    for row in items:
        if row.tag == W + "tr":
            widths = _row_widths(row)
            widest = max(widest, widths, key=len)
    if not any(grid):
        return tuple(widest) if any(widest) else tuple(0.0 for _ in (widest or grid))
    return tuple(grid) + tuple(widest[len(grid) :])


def _row_widths(row: Element) -> list[float]:
    """One width a grid column, from the cells of a row."""
    widths: list[float] = []
    properties = child(row, W + "trPr")
    widths.extend([0.0] * int(number(val(properties, "gridBefore")) or 0))
    for cell in _items(row, "tc"):
        if cell.tag == W + "tc":
            said = child(cell, W + "tcPr")
            span = _span(said)
            width = points(val(said, "tcW", "w")) or 0.0
            if val(said, "tcW", "type") not in {None, "dxa"}:
                width = 0.0
            widths.extend([width / span] * span)
    widths.extend([0.0] * int(number(val(properties, "gridAfter")) or 0))
    return widths


def _span(properties: Element | None) -> int:
    return min(max(int(number(val(properties, "gridSpan")) or 1), 1), 63)


# ---- rows


def _read_rows(part: Part, grid: Grid, items: list[Element]) -> tuple[Any, ...]:
    rows = [item for item in items if item.tag == W + "tr" and not _is_deleted(item)]
    opens = next((at for at, item in enumerate(items) if item.tag != W + "tr"), None)
    care = row_cares(grid.style, grid.look)
    found: list[Any] = []
    index = 0
    for at, item in enumerate(items):
        if item.tag != W + "tr":
            found.append(Milestone.of(item))
        elif not _is_deleted(item):
            if opens is None:
                place = _place(index, len(rows), grid)
                found.append(_row(part, grid, item, place & (care | FIRST | LAST)))
            else:
                found.append(_styled_row(part, grid, item, care))
            index += 1
        del at
    return nest(found, part.document.loops)


def _is_deleted(row: Element) -> bool:
    return child(row, W + "trPr", W + "del") is not None


def _place(index: int, rows: int, grid: Grid) -> int:
    place = (FIRST if index == 0 else 0) | (LAST if index == rows - 1 else 0)
    band = (index - (1 if grid.look.shows("firstRow") else 0)) // grid.style.row_band
    return place | (SECOND_BAND if band % 2 else 0)


def _styled_row(part: Part, grid: Grid, item: Element, care: int) -> Row | StyledRow:
    """The row in every place it may come to stand in, when the style cares."""
    bits = [(0, bit) if care & bit else (0,) for bit in (FIRST, LAST, SECOND_BAND)]
    looks = tuple((sum(places), _row(part, grid, item, sum(places))) for places in product(*bits))
    if all(row == looks[0][1] for _, row in looks):
        return looks[0][1]
    return StyledRow(care, looks)


def _row(part: Part, grid: Grid, element: Element, place: int) -> Row:
    properties = child(element, W + "trPr")
    before = int(number(val(properties, "gridBefore")) or 0)
    height = child(properties, W + "trHeight")
    exceptions = child(element, W + "tblPrEx")
    extra = read_edges(child(exceptions, W + "tblBorders"), part.document.theme)
    cells: list[Any] = []
    column = before
    for item in _items(element, "tc"):
        if item.tag != W + "tc":
            cells.append(Milestone.of(item))
            continue
        said = child(item, W + "tcPr")
        if val(said, "hMerge") == "continue" and cells:
            column += _span(said)
            cells[-1] = _wider(cells[-1], _span(said))
            continue
        where = Where(place, column, column + _span(said) - 1, len(grid.columns))
        cells.append(_cell(part, grid, item, where, extra))
        column += _span(said)
    return Row(
        cells=nest(cells, part.document.loops),
        height=0.0 if height is None else points(attr(height, "val")) or 0.0,
        exact=height is not None and attr(height, "hRule") == "exact",
        header=bool(on_off(properties, "tblHeader")),
        cant_split=bool(on_off(properties, "cantSplit")),
        before=before,
        after=int(number(val(properties, "gridAfter")) or 0),
    )


def _wider(cell: Any, span: int) -> Any:
    if not isinstance(cell, Cell):
        return cell
    return Cell(
        blocks=cell.blocks, span=cell.span + span, merge=cell.merge, borders=cell.borders,
        fill=cell.fill, vertical=cell.vertical, margins=cell.margins, rotation=cell.rotation,
    )  # fmt: skip


def _cell(part: Part, grid: Grid, element: Element, where: Where, extra: Edges) -> Cell:
    theme = part.document.theme
    properties = child(element, W + "tcPr")
    regions = applying(grid.style, grid.look, where)
    edges: Edges = {}
    fill, vertical = grid.style.whole.fill or grid.fill, grid.style.whole.vertical
    for name, region in regions:
        edges |= region_edges(name, region.edges, where)
        fill = fill if region.fill is None else region.fill
        vertical = region.vertical or vertical
    edges |= {side: border for side, border in extra.items() if side in SIDES}
    edges |= read_edges(child(properties, W + "tcBorders"), theme)
    own = read_shading(properties, theme)
    margins = grid.margins | read_margins(child(properties, W + "tcMar"))
    merge = child(properties, W + "vMerge")
    turned = _TURNED.get(val(properties, "textDirection") or "", 0)
    with part.inside(layer=cell_layer(grid.style, regions), in_cell=True) as shallow:
        blocks = part.read_blocks(part, element) if shallow else ()
    return Cell(
        blocks=blocks,
        span=_span(properties),
        merge="" if merge is None else _merge(attr(merge, "val")),
        borders=as_borders({side: edges[side] for side in SIDES if side in edges}),
        fill=(own if own is not None else fill) or "",
        vertical=_VERTICAL.get(val(properties, "vAlign") or vertical or "", "top"),
        margins=(margins["top"], margins["right"], margins["bottom"], margins["left"]),
        rotation=turned,
    )


def _merge(said: str | None) -> str:
    return "start" if said == "restart" else "continue"
