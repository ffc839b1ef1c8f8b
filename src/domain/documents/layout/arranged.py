"""A layout for one row, arranged: every gap, number and edge is settled; nothing is open.

What page engines draw. Inlines are those of `nodes` with `Value` in the place of fields.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

from domain.documents.layout.nodes import BreakKind, Marker
from domain.documents.layout.pages import Section
from domain.documents.layout.styles import Borders, ParagraphStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paragraph. `gap` is the room to what stands above; the first of its flow keeps it too.

    `inlines` is the very tuple of the layout wherever nothing in it was open.
    """

    style: ParagraphStyle
    inlines: tuple[Any, ...]
    marker: Marker | None = None
    starts: BreakKind | None = None
    gap: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """Paragraphs within one border or background, which is drawn around them together."""

    style: ParagraphStyle  # the first one's: borders, background, indents
    lines: tuple[Line, ...]
    gap: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """A cell of the final grid. `flow` is what it holds; `borders` are drawn as they are."""

    column: int
    span: int
    rows: int
    flow: "Flow"
    borders: Borders
    fill: str
    vertical: str
    margins: tuple[float, float, float, float]  # top, right, bottom, left
    rotation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    cells: tuple[GridCell, ...]
    height: float = 0.0
    exact: bool = False
    cant_split: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table. The first `headers` rows stand again on every page."""

    columns: tuple[float, ...]
    rows: tuple[GridRow, ...]
    headers: int = 0
    align: str = "start"
    indent: float = 0.0
    share: float = 0.0
    rtl: bool = False
    spacing: float = 0.0
    gap: float = 0.0


Flowing: TypeAlias = Line | Framed | Grid


@dataclass(frozen=True, slots=True)
class Flow:
    """Blocks one under the other; `end` is the room the last of them keeps below itself."""

    blocks: tuple[Flowing, ...] = ()
    end: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFurniture:
    usual: Flow | None = None
    first: Flow | None = None
    even: Flow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangedSection:
    """`section` still says paper, columns and numbering; its blocks are not to be used."""

    section: Section
    flow: Flow
    headers: FlowFurniture
    footers: FlowFurniture


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    sections: tuple[ArrangedSection, ...]
    default_tab: float
    title: str
    language: str
