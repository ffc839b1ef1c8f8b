"""How text, paragraphs and edges look. Lengths are points, colours `RRGGBB`, "" means none."""

from dataclasses import dataclass, field
from enum import StrEnum


class LineKind(StrEnum):
    """How edges and underlines are drawn; what a format cannot draw is read as the nearest."""

    SINGLE = "single"
    DOUBLE = "double"
    DOTTED = "dotted"
    DASHED = "dashed"
    WAVE = "wave"


class LineRule(StrEnum):
    MULTIPLE = "multiple"  # of the font's natural line height
    EXACT = "exact"
    AT_LEAST = "at-least"


class Align(StrEnum):
    START = "start"
    CENTER = "center"
    END = "end"
    JUSTIFY = "justify"


class TabAlign(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True)
class Border:
    """One edge. `space` lies between the line and the text."""

    kind: LineKind = LineKind.SINGLE
    width: float = 0.5
    color: str = "000000"
    space: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Borders:
    """None: nothing is drawn there."""

    top: Border | None = None
    right: Border | None = None
    bottom: Border | None = None
    left: Border | None = None

    def is_empty(self) -> bool:
        return not (self.top or self.right or self.bottom or self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStyle:
    """Character formatting after every style is resolved.

    `font` is the family the document asks for; `east_asian` and `complex_script` are tried for the
    letters `font` lacks. `raised` moves the baseline up; `script` is "", "super" or "sub".
    """

    font: str = "Times New Roman"
    east_asian: str = ""
    complex_script: str = ""
    size: float = 10.0
    bold: bool = False
    italic: bool = False
    color: str = ""
    background: str = ""
    underline: LineKind | None = None
    underline_color: str = ""
    strike: bool = False
    all_caps: bool = False
    small_caps: bool = False
    script: str = ""
    raised: float = 0.0
    spacing: float = 0.0
    stretch: float = 1.0
    kerning: bool = False
    rtl: bool = False
    language: str = ""
    border: Border | None = None


@dataclass(frozen=True, slots=True)
class LineSpacing:
    rule: LineRule = LineRule.MULTIPLE
    value: float = 1.0


@dataclass(frozen=True, slots=True)
class TabStop:
    """`position` counts from the text edge of the paragraph's column, not from its indent."""

    position: float
    align: TabAlign = TabAlign.LEFT
    leader: str = ""  # the character repeated to fill the gap


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphStyle:
    """Paragraph formatting after every style is resolved.

    `first` is the extra indent of the first line, negative when it hangs. `mark` formats the
    paragraph mark and so gives an empty paragraph its height. `style_id` is kept only because
    contextual spacing asks whether neighbours share it.
    """

    style_id: str = ""
    align: Align = Align.START
    left: float = 0.0
    right: float = 0.0
    first: float = 0.0
    before: float = 0.0
    after: float = 0.0
    line: LineSpacing = field(default_factory=LineSpacing)
    contextual: bool = False
    keep_next: bool = False
    keep_lines: bool = False
    widow_control: bool = True
    page_break_before: bool = False
    borders: Borders = field(default_factory=Borders)
    between: Border | None = None
    background: str = ""
    tabs: tuple[TabStop, ...] = ()
    rtl: bool = False
    outline: int = 0  # 1..9 for headings
    mark: TextStyle = field(default_factory=TextStyle)
