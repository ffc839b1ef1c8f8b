"""How high a line of text is, and where its baseline runs, as word processors reckon it."""

from dataclasses import dataclass
from typing import Final, Protocol

from domain.documents.layout.styles import LineRule, LineSpacing, TextStyle

SCRIPT_SIZE: Final = 0.58  # of raised and lowered letters
SMALL_CAPS_SIZE: Final = 0.8
_DOTS, _INCH, _TWIPS = 600, 72, 20
_ABOVE_BASELINE: Final = 0.8  # of an exact line, and of what is taken off a tight one


class Measured(Protocol):
    """A font's line, in em, and the width of text in it."""

    ascent: float
    descent: float
    gap: float

    def width(self, text: str, /) -> float: ...


@dataclass(frozen=True, slots=True)
class LineBox:
    """Points above and below the baseline that one piece of text claims for its line."""

    above: float
    below: float

    @property
    def height(self) -> float:
        return self.above + self.below


def natural_box(face: Measured, size: float) -> LineBox:
    """A single line, rounded as LibreOffice does: to dots of its reference printer, then to twips.

    The rounding is a quarter of a percent, which is a line on every sixth page.
    """
    height = round(size * _DOTS / _INCH)
    above = round(face.ascent * height) + round(face.gap * height)
    below = round(face.descent * height)
    return LineBox(_points(above), _points(below))


def _points(dots: int) -> float:
    return round(dots * _INCH * _TWIPS / _DOTS) / _TWIPS


def line_box(face: Measured, size: float, spacing: LineSpacing) -> LineBox:
    """Extra room of a multiple goes below the line; a tight one loses most of it above."""
    natural = natural_box(face, size)
    above, below = natural.above, natural.below
    if spacing.rule is LineRule.EXACT:
        return LineBox(spacing.value * _ABOVE_BASELINE, spacing.value * (1 - _ABOVE_BASELINE))
    if spacing.rule is LineRule.AT_LEAST:
        return LineBox(max(above, spacing.value - below), below)
    extra = extra_below(natural, spacing)
    if extra >= 0:
        return LineBox(above, below + extra)
    return LineBox(above + extra * _ABOVE_BASELINE, below + extra * (1 - _ABOVE_BASELINE))


def extra_below(natural: LineBox, spacing: LineSpacing) -> float:
    """What a multiple adds to a single line; whole percents of it, in twips."""
    if spacing.rule is not LineRule.MULTIPLE:
        return 0.0
    percent = int(spacing.value * 100 + 0.001)
    return round(natural.height * _TWIPS) * percent // 100 / _TWIPS - natural.height


def script_shift(face: Measured, style: TextStyle) -> float:
    """How far up letters stand, in points: script positions align with the line's edges."""
    lost = (1 - SCRIPT_SIZE) * style.size
    if style.script == "super":
        return style.raised + lost * (face.ascent + face.gap)
    if style.script == "sub":
        return style.raised - lost * face.descent
    return style.raised


def drawn_size(style: TextStyle) -> float:
    return style.size * (SCRIPT_SIZE if style.script else 1.0)
