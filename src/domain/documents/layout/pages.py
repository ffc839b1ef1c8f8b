"""Sections, their paper, and the whole layout of a template."""

from dataclasses import dataclass, field
from enum import StrEnum

from domain.documents.layout.findings import Finding
from domain.documents.layout.nodes import Block
from domain.documents.layout.styles import Borders


class Start(StrEnum):
    """Where a section begins."""

    PAGE = "page"
    CONTINUOUS = "continuous"
    COLUMN = "column"
    EVEN = "even"
    ODD = "odd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Paper and margins in points. `gutter` is already part of `left`."""

    width: float = 595.3
    height: float = 841.9
    top: float = 72.0
    right: float = 72.0
    bottom: float = 72.0
    left: float = 72.0
    header: float = 36.0  # from the paper's edge to the header
    footer: float = 36.0
    borders: Borders = field(default_factory=Borders)
    borders_from_text: bool = False  # else their space counts from the paper's edge

    @property
    def text_width(self) -> float:
        return self.width - self.left - self.right

    @property
    def text_height(self) -> float:
        return self.height - self.top - self.bottom


@dataclass(frozen=True, slots=True)
class Column:
    width: float
    gap: float  # to the next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """Headers or footers of a section: None where the section shows none."""

    usual: tuple[Block, ...] | None = None
    first: tuple[Block, ...] | None = None
    even: tuple[Block, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    blocks: tuple[Block, ...]
    page: Page = field(default_factory=Page)
    start: Start = Start.PAGE
    columns: tuple[Column, ...] = ()  # empty for one column
    column_line: bool = False
    headers: Furniture = field(default_factory=Furniture)
    footers: Furniture = field(default_factory=Furniture)
    title_page: bool = False  # the first page shows the `first` furniture
    even_pages: bool = False
    number_from: int | None = None
    number_format: str = "decimal"
    vertical: str = "top"
    rtl: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: `text` holds %1..%9 for the counters, or the bullet itself."""

    format: str = "decimal"
    text: str = "%1."
    start: int = 1
    restart: int | None = (
        None  # restarts after this level (1-based) counts; 0 never; None by default
    )
    legal: bool = False  # shows every counter in digits


@dataclass(frozen=True, slots=True)
class Sequence:
    """Counters shared by every paragraph that names them."""

    name: str
    levels: tuple[Level, ...]
    continues: str = ""  # the sequence it shares counters with, when it is one more view of it
    starts: tuple[tuple[int, int], ...] = ()  # level, number: counted anew at its first paragraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """All a page engine needs but the media and the values of a row."""

    sections: tuple[Section, ...]
    sequences: tuple[Sequence, ...] = ()
    default_tab: float = 36.0
    additive_spacing: bool = False  # space after and before add up, else the larger one counts
    footnote_format: str = "decimal"
    endnote_format: str = "lowerRoman"
    title: str = ""
    language: str = "en"
    findings: tuple[Finding, ...] = ()
    fonts: tuple[str, ...] = ()  # families the document asks for
    media: tuple[str, ...] = ()  # package parts the pictures need
