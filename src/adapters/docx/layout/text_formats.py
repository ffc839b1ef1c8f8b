"""Reads `w:rPr` into what it says, and merges what several of them say."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from adapters.docx.layout.edges import HIGHLIGHTS, read_border, read_color, read_shading
from adapters.docx.layout.names import W, attr, child, number, on_off, points, val
from adapters.docx.layout.theme import Theme
from adapters.docx.wordml import Element
from domain.documents.layout.styles import LineKind, TextStyle

Said: TypeAlias = dict[str, Any]

TOGGLES: Final = {
    "b": "bold", "i": "italic", "bCs": "bold_cs", "iCs": "italic_cs", "caps": "all_caps",
    "smallCaps": "small_caps", "strike": "strike", "vanish": "hidden", "outline": "outlined",
    "shadow": "shadowed", "emboss": "embossed", "imprint": "imprinted",
}  # fmt: skip
_PLAIN_SWITCHES: Final = {"rtl": "rtl", "cs": "cs", "dstrike": "double_strike"}
_UNDERLINES: Final = {
    "double": LineKind.DOUBLE, "wavyDouble": LineKind.WAVE, "wave": LineKind.WAVE,
    "wavyHeavy": LineKind.WAVE, "dotted": LineKind.DOTTED, "dottedHeavy": LineKind.DOTTED,
}  # fmt: skip
_SLOTS: Final = {
    "font": ("ascii", "hAnsi"), "east_asian": ("eastAsia",), "complex_script": ("cs",),
}  # fmt: skip
_SCRIPTS: Final = {"superscript": "super", "subscript": "sub", "baseline": ""}


def text_said(properties: Element | None, theme: Theme) -> Said:
    """What a `w:rPr` says; nothing it leaves unsaid."""
    said: Said = {}
    if properties is None:
        return said
    for tag, name in (*TOGGLES.items(), *_PLAIN_SWITCHES.items()):
        switch = on_off(properties, tag)
        if switch is not None:
            said[name] = switch
    _fonts(properties, theme, said)
    _measures(properties, said)
    _colors(properties, theme, said)
    return said


def _fonts(properties: Element, theme: Theme, said: Said) -> None:
    fonts = child(properties, W + "rFonts")
    if fonts is not None:
        for name, slots in _SLOTS.items():
            family = _family(fonts, slots, theme)
            if family:
                said[name] = family
    language = val(properties, "lang")
    if language:
        said["language"] = language


def _family(fonts: Element, slots: tuple[str, ...], theme: Theme) -> str:
    for slot in slots:
        themed = attr(fonts, "cstheme" if slot == "cs" else f"{slot}Theme")
        family = theme.font(themed) if themed else ""
        if family or attr(fonts, slot):
            return family or attr(fonts, slot) or ""
    return ""


def _measures(properties: Element, said: Said) -> None:
    for tag, name in (("sz", "size"), ("szCs", "size_cs")):
        size = points(val(properties, tag), 2)
        if size:
            said[name] = max(1.0, size)
    for tag, name, unit in (("spacing", "spacing", 20), ("position", "raised", 2)):
        size = points(val(properties, tag), unit)
        if size is not None:
            said[name] = size
    stretch = number(val(properties, "w"))
    if stretch:
        said["stretch"] = stretch / 100
    kern = number(val(properties, "kern"))
    if kern is not None:
        said["kern_from"] = kern / 2
    script = val(properties, "vertAlign")
    if script in _SCRIPTS:
        said["script"] = _SCRIPTS[script]


def _colors(properties: Element, theme: Theme, said: Said) -> None:
    color = child(properties, W + "color")
    if color is not None:
        said["color"] = read_color(color, theme)
    shading = read_shading(properties, theme)
    if shading is not None:
        said["shading"] = shading
    emphasis = val(properties, "em")
    if emphasis is not None:
        said["emphasised"] = emphasis != "none"
    highlight = val(properties, "highlight")
    if highlight:
        said["highlight"] = HIGHLIGHTS.get(highlight, "")
    underline = child(properties, W + "u")
    if underline is not None:
        kind = attr(underline, "val") or "single"
        dashed = LineKind.DASHED if "dash" in kind.lower() else LineKind.SINGLE
        said["underline"] = None if kind == "none" else _UNDERLINES.get(kind, dashed)
        said["underline_color"] = read_color(underline, theme, "color")
    border = read_border(child(properties, W + "bdr"), theme)
    if border is not None:
        said["border"] = border if border.width else None


def with_character_style(base: Said, style: Said) -> Said:
    """A character style over a paragraph's: its switches toggle, the rest replaces."""
    merged = base | style
    for name in TOGGLES.values():
        if name in style:
            merged[name] = bool(base.get(name)) ^ bool(style[name])
    return merged


def text_style(said: Mapping[str, Any], script: str = "latin") -> TextStyle:
    """The finished style for letters of a script: latin, asian or complex."""
    complex_text = script == "complex" or bool(said.get("rtl") or said.get("cs"))
    font = said.get("font") or "Times New Roman"
    if complex_text:
        font = said.get("complex_script") or font
    elif script == "asian":
        font = said.get("east_asian") or font
    size = said.get("size_cs" if complex_text else "size", 10.0)
    kern_from = said.get("kern_from", 0.0)
    return TextStyle(
        font=font,
        east_asian=said.get("east_asian", ""),
        complex_script=said.get("complex_script", ""),
        size=size,
        bold=bool(said.get("bold_cs" if complex_text else "bold")),
        italic=bool(said.get("italic_cs" if complex_text else "italic")),
        color=said.get("color", ""),
        background=said.get("highlight") or said.get("shading") or "",
        underline=said.get("underline"),
        underline_color=said.get("underline_color", ""),
        strike=bool(said.get("strike") or said.get("double_strike")),
        all_caps=bool(said.get("all_caps")),
        small_caps=bool(said.get("small_caps")),
        script=said.get("script", ""),
        raised=said.get("raised", 0.0),
        spacing=said.get("spacing", 0.0),
        stretch=said.get("stretch", 1.0),
        kerning=script == "complex" or (bool(kern_from) and size >= kern_from),
        rtl=bool(said.get("rtl")),
        language=said.get("language", ""),
        border=said.get("border"),
    )
