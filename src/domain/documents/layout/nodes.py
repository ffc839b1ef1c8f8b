"""The tree of a layout: inlines in paragraphs, paragraphs in cells, and the open places between."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeAlias, TypeVar, Union

from domain.documents.layout.styles import Border, Borders, ParagraphStyle, TextStyle

Item = TypeVar("Item")


class BreakKind(StrEnum):
    LINE = "line"
    PAGE = "page"
    COLUMN = "column"


class Counted(StrEnum):
    PAGE = "page"
    PAGES = "pages"
    SECTION_PAGES = "section-pages"


class Wrap(StrEnum):
    INLINE = "inline"  # not floating at all
    SQUARE = "square"  # text flows beside it
    TOP_BOTTOM = "top-bottom"
    BEHIND = "behind"
    FRONT = "front"


# ---- the open places; K numbers the marks of the whole template


@dataclass(frozen=True, slots=True)
class Loop(Generic[Item]):
    """`body` once for every binding of loop `k`."""

    k: int
    body: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Condition(Generic[Item]):
    """The branch that condition `k` takes; an index past the end means none."""

    k: int
    branches: tuple[tuple[Item, ...], ...]


# ---- inside a paragraph


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    style: TextStyle


@dataclass(frozen=True, slots=True)
class Field:
    """The value of field `k`."""

    k: int
    style: TextStyle


@dataclass(frozen=True, slots=True)
class Tab:
    style: TextStyle


@dataclass(frozen=True, slots=True)
class Break:
    kind: BreakKind
    style: TextStyle


@dataclass(frozen=True, slots=True)
class PageNumber:
    """`format` is a numbering format like `decimal` or `lowerRoman`, "" for the section's own."""

    counted: Counted
    format: str
    style: TextStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`media` is the name of a package part. `crop` is left, top, right, bottom as shares of 1."""

    media: str
    width: float
    height: float
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    rotation: float = 0.0  # degrees, clockwise
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A text box or a plain shape. `height` grows with the content when `grows`.

    `blocks` is a tuple of blocks, and once arranged a Flow.
    """

    width: float
    height: float
    blocks: Any = ()
    fill: str = ""
    border: Border | None = None
    padding: tuple[float, float, float, float] = (3.6, 7.2, 3.6, 7.2)  # top, right, bottom, left
    vertical: str = "top"  # top, center, bottom
    grows: bool = False
    rounded: bool = False
    ellipse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a floating thing stands, along one axis: an offset or an alignment in `frame`.

    `frame` is page, margin, column or paragraph; `align` is "", start, center or end.
    """

    frame: str = "paragraph"
    offset: float = 0.0
    align: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture or box, in the line or anchored. `distance` is top, right, bottom, left."""

    content: Picture | Box
    style: TextStyle
    wrap: Wrap = Wrap.INLINE
    x: Place = field(default_factory=Place)
    y: Place = field(default_factory=Place)
    distance: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote or endnote, standing at its reference.

    `blocks` is a tuple of blocks, and once arranged a Flow; `label` is its number then.
    """

    endnote: bool
    blocks: Any
    style: TextStyle
    label: str = ""


@dataclass(frozen=True, slots=True)
class NoteNumber:
    """The number of the note it stands in."""

    style: TextStyle


@dataclass(frozen=True, slots=True)
class Link:
    """`target` is an http(s) or mailto address, or `#name` of a bookmark."""

    target: str
    inlines: tuple["Inline", ...]


@dataclass(frozen=True, slots=True)
class Bookmark:
    name: str


# ---- blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What stands before a list paragraph.

    `sequence` and `level` say which counter it counts; `text` is set once counting is done.
    `suffix` is tab, space or nothing; `align` start, center or end of the room before the text.
    """

    sequence: str
    level: int
    style: TextStyle
    suffix: str = "tab"
    align: str = "start"
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """`starts` is PAGE or COLUMN when a break in the text stands right before it."""

    style: ParagraphStyle
    inlines: tuple["Inline", ...] = ()
    marker: Marker | None = None
    starts: BreakKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`merge` joins rows: "start" opens a vertical merge, "continue" belongs to the one above.

    `borders` are the cell's own edges: None asks the table, a border of width 0 draws nothing.
    `margins` are top, right, bottom, left.
    """

    blocks: tuple["Block", ...]
    span: int = 1
    merge: str = ""
    borders: Borders = field(default_factory=Borders)
    fill: str = ""
    vertical: str = "top"
    margins: tuple[float, float, float, float] = (0.0, 5.4, 0.0, 5.4)
    rotation: int = 0  # of the text: 0, 90 or 270 degrees clockwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`before` and `after` count grid columns left empty."""

    cells: tuple["CellItem", ...]
    height: float = 0.0
    exact: bool = False
    header: bool = False
    cant_split: bool = False
    before: int = 0
    after: int = 0


FIRST, LAST, SECOND_BAND = 1, 2, 4


@dataclass(frozen=True, slots=True)
class StyledRow:
    """One row as it looks at different places; the key sums FIRST, LAST and SECOND_BAND.

    Only rows whose place is open (inside or behind a loop) and whose table style cares come so;
    `care` sums the bits that matter.
    """

    care: int
    looks: tuple[tuple[int, Row], ...]

    def at(self, place: int) -> Row:
        return dict(self.looks)[place & self.care]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`columns` are the widths of the grid, 0 for a fair part of the rest.

    `share` scales them to a part of the room there is; 0 leaves them. `band` is the number of rows
    of one band, counted behind the first row when that one is a `header_band`.
    """

    columns: tuple[float, ...]
    rows: tuple["RowItem", ...]
    borders: Borders = field(default_factory=Borders)
    inside_h: Border | None = None
    inside_v: Border | None = None
    align: str = "start"
    indent: float = 0.0
    share: float = 0.0
    rtl: bool = False
    band: int = 1
    header_band: bool = False
    spacing: float = 0.0  # between cells


Inline: TypeAlias = Union[
    Text, Field, Tab, Break, PageNumber, Drawing, Note, NoteNumber, Link, Bookmark,
    "Loop[Inline]", "Condition[Inline]",
]  # fmt: skip
CellItem: TypeAlias = Union[Cell, "Loop[CellItem]", "Condition[CellItem]"]
RowItem: TypeAlias = Union[Row, StyledRow, "Loop[RowItem]", "Condition[RowItem]"]
Block: TypeAlias = Union[Paragraph, Table, "Loop[Block]", "Condition[Block]"]
