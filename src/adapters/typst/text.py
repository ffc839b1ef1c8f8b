"""Text styles as Typst functions, each defined once and named."""

from dataclasses import dataclass, field

from adapters.runtime.typefaces.typography import Typography
from adapters.typst.code import arguments, color, pt, string
from domain.documents.layout.lines import SCRIPT_SIZE, LineBox, line_box, script_shift
from domain.documents.layout.styles import LineKind, LineSpacing, TextStyle

_DASHES = {LineKind.DOTTED: '"dotted"', LineKind.DASHED: '"dashed"'}


@dataclass(slots=True)
class TextStyles:
    """Names a function for every style in use; the base style needs none."""

    typography: Typography
    base: TextStyle
    base_line: LineSpacing
    _names: dict[tuple[TextStyle, LineSpacing], str] = field(default_factory=dict)

    def name(self, style: TextStyle, line: LineSpacing) -> str:
        """The function that sets text so, or "" when text is set so anyway."""
        key = (style, line)
        if key not in self._names:
            differs = self._differences(style, line) or _decorated(style)
            self._names[key] = f"t{len(self._names)}" if differs else ""
        return self._names[key]

    def set_rule(self) -> str:
        settings = arguments(**self._settings(self.base, self.base_line))
        return f"#set text({settings})\n"

    def definitions(self) -> str:
        return "".join(
            f"#let {name} = {self._function(style, line)}\n"
            for (style, line), name in self._names.items()
            if name
        )

    def _function(self, style: TextStyle, line: LineSpacing) -> str:
        code = "body"
        settings = arguments(**self._differences(style, line))
        if not _decorated(style):  # Typst hashes all that a function of ours is called with
            return f"text.with({settings})"
        if settings:
            code = f"text({settings}, body)"
        if style.stretch != 1:
            code = f"stretched({style.stretch:g}, {code})"
        return f"body => {self._decoration(style, code, line)}"

    def _decoration(self, style: TextStyle, code: str, line: LineSpacing) -> str:
        box = self.line_box(style, line)
        if style.underline:
            stroke, low = underline(style)
            code = f"underline(evade: false, stroke: {stroke}, offset: {low}, {code})"
            if style.underline is LineKind.DOUBLE:
                low = pt(style.size * 0.2)
                code = f"underline(evade: false, stroke: {stroke}, offset: {low}, {code})"
        if style.strike:
            code = f"strike(stroke: {_stroke(style, style.color)}, {code})"
        if style.background:
            code = (
                f"highlight(fill: {color(style.background)}, top-edge: {pt(box.above)}, "
                f"bottom-edge: {pt(-box.below)}, extent: 0pt, {code})"
            )
        if style.border:
            code = (
                f"box(stroke: {pt(style.border.width)} + {color(style.border.color)}, "
                f"outset: (y: {pt(style.border.space)}), {code})"
            )
        return code

    def line_box(self, style: TextStyle, line: LineSpacing) -> LineBox:
        return line_box(self.typography.face(style), style.size, line)

    def _differences(self, style: TextStyle, line: LineSpacing) -> dict[str, str | None]:
        base = self._settings(self.base, self.base_line)
        return {
            name: code for name, code in self._settings(style, line).items() if code != base[name]
        }

    def _settings(self, style: TextStyle, line: LineSpacing) -> dict[str, str | None]:
        face = self.typography.face(style)
        families = self.typography.families(style)
        box = self.line_box(style, line)
        size = style.size * (SCRIPT_SIZE if style.script else 1.0)
        return {
            "font": f"({', '.join(string(family) for family in families)},)",
            "size": pt(size),
            "weight": '"bold"' if style.bold else '"regular"',
            "style": '"italic"' if style.italic else '"normal"',
            "fill": color(style.color or "000000"),
            "tracking": pt(style.spacing),
            "baseline": pt(-script_shift(face, style)),
            "kerning": "true" if style.kerning else "false",
            "top_edge": pt(box.above),
            "bottom_edge": pt(-box.below),
            "dir": "rtl" if style.rtl else "auto",
            "lang": string(_language(style)),
        }


def underline(style: TextStyle) -> tuple[str, str]:
    """The stroke of an underline, and how far it lies below the baseline."""
    return _stroke(style, style.underline_color or style.color), pt(style.size * 0.115)


def _language(style: TextStyle) -> str:
    language = style.language.partition("-")[0].lower()
    return language if language.isalpha() and len(language) in {2, 3} else "en"


def _decorated(style: TextStyle) -> bool:
    plain = style.stretch == 1 and not style.strike and not style.border
    return not plain or style.underline is not None or bool(style.background)


def _stroke(style: TextStyle, paint: str) -> str:
    width = pt(style.size * (0.075 if style.bold else 0.05))
    paint_code = color(paint or "000000")
    dash = _DASHES.get(style.underline or LineKind.SINGLE)
    if dash is None:
        return f"{width} + {paint_code}"
    return f"(thickness: {width}, paint: {paint_code}, dash: {dash})"
