"""Text styles as CSS classes, each defined once."""

from dataclasses import dataclass, field

from adapters.runtime.typefaces.typography import Typography
from adapters.weasyprint import css
from domain.documents.layout.lines import (
    SMALL_CAPS_SIZE,
    LineBox,
    drawn_size,
    line_box,
    script_shift,
)
from domain.documents.layout.styles import LineKind, LineSpacing, TextStyle

_DECORATIONS = {
    LineKind.DOUBLE: "double", LineKind.DOTTED: "dotted", LineKind.DASHED: "dashed",
    LineKind.WAVE: "wavy",
}  # fmt: skip


@dataclass(slots=True)
class TextClasses:
    """Names a class for every style in use.

    CSS sets letters in the middle of their line; word processors do not. So a paragraph is moved
    as a whole (`shift`), and text in it of another font or size by what it differs.
    """

    typography: Typography
    _names: dict[tuple[TextStyle, float], str] = field(default_factory=dict)

    def name(self, style: TextStyle, height: float) -> str:
        """The class for text in lines of a height."""
        return self._names.setdefault((style, round(height, 3)), f"t{len(self._names)}")

    def definitions(self) -> str:
        return "".join(
            f".{name}{{{self._rules(style, height)}}}\n"
            for (style, height), name in self._names.items()
        )

    def line_box(self, style: TextStyle, line: LineSpacing) -> LineBox:
        return line_box(self.typography.face(style), style.size, line)

    def shift(self, style: TextStyle, line: LineSpacing) -> float:
        """How much lower than CSS a word processor sets the baseline."""
        face, box = self.typography.face(style), self.line_box(style, line)
        letters = (face.ascent + face.descent) * style.size
        return box.above - face.ascent * style.size - (box.height - letters) / 2

    def _rules(self, style: TextStyle, height: float) -> str:
        face = self.typography.face(style)
        families = ",".join(css.name(family) for family in self.typography.families(style))
        raised = script_shift(face, style)
        return css.rules(
            font_family=families,
            font_size=css.pt(drawn_size(style)),
            font_weight="bold" if style.bold else "normal",
            font_style="italic" if style.italic else "normal",
            font_kerning="normal" if style.kerning else "none",
            line_height=css.pt(0.0 if raised else height),
            color=css.color(style.color or "000000"),
            background=css.color(style.background) if style.background else None,
            letter_spacing=css.pt(style.spacing) if style.spacing else None,
            text_decoration=_decoration(style),
            text_transform="uppercase" if style.all_caps else None,
            vertical_align=css.pt(raised) if raised else None,
            border=css.border(style.border),
        )

    def small(self, style: TextStyle) -> float:
        """The size of small capitals."""
        return drawn_size(style) * SMALL_CAPS_SIZE


def _decoration(style: TextStyle) -> str | None:
    lines = []
    if style.underline:
        lines.append("underline")
    if style.strike:
        lines.append("line-through")
    if not lines:
        return None
    kind = _DECORATIONS.get(style.underline or LineKind.SINGLE, "solid")
    paint = f" {css.color(style.underline_color)}" if style.underline_color else ""
    return f"{' '.join(lines)} {kind}{paint}"
