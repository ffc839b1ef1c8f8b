"""The theme's fonts, which styles name as major or minor."""

from dataclasses import dataclass, field
from typing import Final

from adapters.docx.layout.names import A, child
from adapters.docx.wordml import Element

_SLOT: Final = {
    "Ascii": "latin", "HAnsi": "latin", "EastAsia": "ea", "Bidi": "cs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Theme:
    fonts: dict[str, str] = field(default_factory=dict)
    colors: dict[str, str] = field(default_factory=dict)

    def font(self, name: str) -> str:
        """The family behind `minorHAnsi`, `majorBidi` and their like; "" when there is none."""
        return self.fonts.get(name, "")

    def color(self, name: str) -> str:
        return self.colors.get(_ALIAS.get(name, name), "")


_ALIAS: Final = {
    "text1": "dk1", "dark1": "dk1", "background1": "lt1", "light1": "lt1",
    "text2": "dk2", "dark2": "dk2", "background2": "lt2", "light2": "lt2",
    "tx1": "dk1", "bg1": "lt1", "tx2": "dk2", "bg2": "lt2",
    "hyperlink": "hlink", "followedHyperlink": "folHlink",
}  # fmt: skip


def read_theme(root: Element | None) -> Theme:
    """Fonts and colours of a theme part; empty without one."""
    if root is None:
        return Theme()
    fonts = {}
    for size in ("major", "minor"):
        group = root.find(f".//{A}{size}Font")
        for suffix, slot in _SLOT.items():
            face = child(group, A + slot)
            if face is not None and face.get("typeface"):
                fonts[size + suffix] = face.get("typeface")
    colors = {}
    scheme = root.find(f".//{A}clrScheme")
    for entry in () if scheme is None else scheme.iterchildren():
        if isinstance(entry.tag, str) and len(entry):
            value = entry[0].get("lastClr") or entry[0].get("val") or ""
            if len(value) == 6:  # noqa: PLR2004  RRGGBB
                colors[entry.tag.rpartition("}")[2]] = value.upper()
    return Theme(fonts, colors)
