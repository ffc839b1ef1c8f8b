"""Table styles: what they say of a cell, by where it stands."""

from dataclasses import dataclass, field
from typing import Final

from adapters.docx.layout.context import Document, TableLayer
from adapters.docx.layout.edges import read_border, read_shading
from adapters.docx.layout.names import W, attr, child, children, number, points, val
from adapters.docx.layout.paragraph_formats import merged_paragraphs, paragraph_said
from adapters.docx.layout.text_formats import Said, text_said
from adapters.docx.layout.theme import Theme
from adapters.docx.wordml import Element
from domain.documents.layout.nodes import FIRST, LAST, SECOND_BAND
from domain.documents.layout.styles import Border, Borders

SIDES: Final = ("top", "right", "bottom", "left")
Edges = dict[str, Border]  # by side, with insideH and insideV; NO_LINE where none is wanted
_ROWS: Final = {"firstRow", "lastRow", "band1Horz", "band2Horz"}
_COLUMNS: Final = {"firstCol", "lastCol", "band1Vert", "band2Vert"}
_LOOK_BITS: Final = {
    "firstRow": 0x20, "lastRow": 0x40, "firstColumn": 0x80, "lastColumn": 0x100,
    "noHBand": 0x200, "noVBand": 0x400,
}  # fmt: skip
_STARTS: Final = {"left": "start", "right": "end"}


@dataclass(frozen=True, slots=True)
class Region:
    """What a style says of one region of a table, or of all of it."""

    edges: Edges = field(default_factory=dict)
    fill: str | None = None
    vertical: str | None = None
    paragraph: Said = field(default_factory=dict)
    text: Said = field(default_factory=dict)


@dataclass(slots=True)
class TableStyle:
    """A style's chain, merged."""

    edges: Edges = field(default_factory=dict)
    margins: dict[str, float] = field(default_factory=dict)
    indent: float | None = None
    align: str | None = None
    row_band: int = 1
    column_band: int = 1
    whole: Region = field(default_factory=Region)
    regions: dict[str, Region] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Where:
    """A cell's place: the row's, and its first and last column in the grid."""

    row: int  # FIRST | LAST | SECOND_BAND
    column: int
    last_column: int
    columns: int


def read_edges(element: Element | None, theme: Theme) -> Edges:
    """The borders under a `tblBorders` or `tcBorders`."""
    found = {}
    for side in (*SIDES, "insideH", "insideV"):
        border = read_border(child(element, W + side), theme)
        if border is None and side in _STARTS:
            border = read_border(child(element, W + _STARTS[side]), theme)
        if border is not None:
            found[side] = border
    return found


def read_margins(element: Element | None) -> dict[str, float]:
    """The inner distances under a `tblCellMar` or `tcMar`."""
    found = {}
    for side in SIDES:
        size = points(val(element, side, "w"))
        if size is None and side in _STARTS:
            size = points(val(element, _STARTS[side], "w"))
        if size is not None:
            found[side] = max(0.0, size)
    return found


def read_table_style(document: Document, style_id: str | None) -> TableStyle:
    sheet, theme = document.sheet, document.theme
    style = TableStyle()
    for element in sheet.chain(sheet.known(style_id, "table")):
        table = child(element, W + "tblPr")
        style.edges |= read_edges(child(table, W + "tblBorders"), theme)
        style.margins |= read_margins(child(table, W + "tblCellMar"))
        indent = points(val(table, "tblInd", "w"))
        style.indent = style.indent if indent is None else indent
        style.align = val(table, "jc") or style.align
        style.row_band = int(number(val(table, "tblStyleRowBandSize")) or style.row_band)
        style.column_band = int(number(val(table, "tblStyleColBandSize")) or style.column_band)
        style.whole = _over(style.whole, _region(element, theme))
        for part in children(element, W + "tblStylePr"):
            name = attr(part, "type") or ""
            style.regions[name] = _over(style.regions.get(name, Region()), _region(part, theme))
    whole = style.regions.pop("wholeTable", None)
    if whole is not None:
        style.whole = _over(style.whole, whole)
    return style


def _region(element: Element, theme: Theme) -> Region:
    cell = child(element, W + "tcPr")
    table = child(element, W + "tblPr")
    edges = read_edges(child(cell, W + "tcBorders"), theme)
    if local_type(element):
        edges = read_edges(child(table, W + "tblBorders"), theme) | edges
    return Region(
        edges=edges,
        fill=read_shading(cell, theme),
        vertical=val(cell, "vAlign"),
        paragraph=paragraph_said(child(element, W + "pPr"), theme),
        text=text_said(child(element, W + "rPr"), theme),
    )


def local_type(element: Element) -> bool:
    """Whether this is the part of a style for one region."""
    return bool(element.tag == W + "tblStylePr")


def _over(base: Region, top: Region) -> Region:
    return Region(
        edges=base.edges | top.edges,
        fill=base.fill if top.fill is None else top.fill,
        vertical=top.vertical or base.vertical,
        paragraph=merged_paragraphs(base.paragraph, top.paragraph),
        text=base.text | top.text,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """Which regions a table switches on."""

    on: frozenset[str] = frozenset()

    @classmethod
    def read(cls, element: Element | None) -> "Look":
        if element is None:
            return cls()
        bits = attr(element, "val") or "0"
        mask = int(bits, 16) if all(c in "0123456789abcdefABCDEF" for c in bits) else 0
        names = set()
        for name, bit in _LOOK_BITS.items():
            said = attr(element, name)
            if said in {"1", "true", "on"} or (said is None and mask & bit):
                names.add(name)
        return cls(frozenset(names))

    def shows(self, name: str) -> bool:
        return name in self.on


def row_cares(style: TableStyle, look: Look) -> int:
    """Which parts of a row's place change its look: a sum of FIRST, LAST, SECOND_BAND."""
    regions = style.regions
    corners = bool(regions.keys() & {"nwCell", "neCell", "swCell", "seCell"})
    care = 0
    if look.shows("firstRow") and ("firstRow" in regions or corners):
        care |= FIRST
    if look.shows("lastRow") and ("lastRow" in regions or corners):
        care |= LAST
    if not look.shows("noHBand") and regions.keys() & {"band1Horz", "band2Horz"}:
        care |= SECOND_BAND
    if any(regions[name].edges for name in regions.keys() & _COLUMNS):
        care |= FIRST | LAST  # their edges differ at the table's ends
    return care


def applying(style: TableStyle, look: Look, where: Where) -> list[tuple[str, Region]]:
    """The regions a cell lies in, the strongest last."""
    first_row = bool(where.row & FIRST) and look.shows("firstRow")
    last_row = bool(where.row & LAST) and look.shows("lastRow")
    first_column = where.column == 0 and look.shows("firstColumn")
    last_column = where.last_column == where.columns - 1 and look.shows("lastColumn")
    names = []
    if not look.shows("noVBand") and not (first_column or last_column):
        at = where.column - (1 if look.shows("firstColumn") else 0)
        names.append("band2Vert" if at // style.column_band % 2 else "band1Vert")
    if not look.shows("noHBand") and not (first_row or last_row):
        names.append("band2Horz" if where.row & SECOND_BAND else "band1Horz")
    flags = (
        ("firstCol", first_column), ("lastCol", last_column),
        ("firstRow", first_row), ("lastRow", last_row),
        ("nwCell", first_row and first_column), ("neCell", first_row and last_column),
        ("swCell", last_row and first_column), ("seCell", last_row and last_column),
    )  # fmt: skip
    names.extend(name for name, holds in flags if holds)
    return [(name, style.regions[name]) for name in names if name in style.regions]


def region_edges(name: str, edges: Edges, where: Where) -> Edges:
    """The four edges that a region's borders mean for one cell of it."""
    if name in _ROWS:
        left = "left" if where.column == 0 else "insideV"
        right = "right" if where.last_column == where.columns - 1 else "insideV"
        names = {"top": "top", "bottom": "bottom", "left": left, "right": right}
    elif name in _COLUMNS:
        top = "top" if where.row & FIRST else "insideH"
        bottom = "bottom" if where.row & LAST else "insideH"
        names = {"top": top, "bottom": bottom, "left": "left", "right": "right"}
    else:
        names = {side: side for side in SIDES}
    return {side: edges[said] for side, said in names.items() if said in edges}


def cell_layer(style: TableStyle, regions: list[tuple[str, Region]]) -> TableLayer:
    """What the style says of text in a cell."""
    layers = [style.whole, *(region for _, region in regions)]
    text: Said = {}
    for layer in layers:
        text |= layer.text
    return TableLayer(merged_paragraphs(*(layer.paragraph for layer in layers)), text)


def as_borders(edges: Edges) -> Borders:
    return Borders(**{side: edges.get(side) for side in SIDES})
