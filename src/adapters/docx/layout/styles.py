"""The style sheet: what each style says along its chain, and the document's defaults."""

from dataclasses import dataclass, field
from typing import Final

from adapters.docx.layout.names import W, attr, child, children, val
from adapters.docx.layout.paragraph_formats import merged_paragraphs, paragraph_said
from adapters.docx.layout.text_formats import Said, text_said
from adapters.docx.layout.theme import Theme
from adapters.docx.wordml import Element

_DEEPEST: Final = 20  # styles based on styles; Word itself stops there
_NUMBERED: Final = "numbering"


@dataclass(frozen=True, slots=True)
class StyleLayers:
    """What a style and those it is based on say, merged."""

    paragraph: Said
    text: Said


@dataclass(slots=True)
class StyleSheet:
    """Looks styles up by id; unknown ids fall back to the default of their kind."""

    theme: Theme
    paragraph_defaults: Said = field(default_factory=dict)
    text_defaults: Said = field(default_factory=dict)
    _elements: dict[str, Element] = field(default_factory=dict)
    _defaults: dict[str, str] = field(default_factory=dict)
    _layers: dict[str, StyleLayers] = field(default_factory=dict)

    def default(self, kind: str) -> str:
        """The id of the default paragraph, character or table style, or ""."""
        return self._defaults.get(kind, "")

    def known(self, style_id: str | None, kind: str) -> str:
        """The id itself when the sheet has it, else the default's."""
        found = self._elements.get(style_id or "")
        if found is not None and (attr(found, "type") or "paragraph") == kind:
            return style_id or ""
        return self.default(kind)

    def name(self, style_id: str) -> str:
        return val(self._elements.get(style_id), "name") or ""

    def chain(self, style_id: str) -> list[Element]:
        """The style and those it is based on, the root first."""
        found: list[Element] = []
        while style_id in self._elements and len(found) < _DEEPEST:
            element = self._elements[style_id]
            found.append(element)
            style_id = val(element, "basedOn") or ""
        return found[::-1]

    def layers(self, style_id: str) -> StyleLayers:
        if style_id not in self._layers:
            chain = self.chain(style_id)
            paragraphs = []
            text: Said = {}
            for element in chain:
                properties = child(element, W + "pPr")
                said = paragraph_said(properties, self.theme)
                numbering = child(properties, W + "numPr")
                if numbering is not None:
                    said[_NUMBERED] = numbering
                paragraphs.append(said)
                text |= text_said(child(element, W + "rPr"), self.theme)
            self._layers[style_id] = StyleLayers(merged_paragraphs(*paragraphs), text)
        return self._layers[style_id]


def read_styles(root: Element | None, theme: Theme) -> StyleSheet:
    """The sheet of a styles part; Word's own defaults without one."""
    sheet = StyleSheet(theme)
    if root is None:
        return sheet
    defaults = child(root, W + "docDefaults")
    sheet.text_defaults = text_said(child(defaults, W + "rPrDefault", W + "rPr"), theme)
    sheet.paragraph_defaults = paragraph_said(child(defaults, W + "pPrDefault", W + "pPr"), theme)
    for element in children(root, W + "style"):
        style_id = attr(element, "styleId") or ""
        kind = attr(element, "type") or "paragraph"
        sheet._elements.setdefault(style_id, element)  # noqa: SLF001  the sheet is being built here
        if (attr(element, "default") or "0") in {"1", "true", "on"}:
            sheet._defaults.setdefault(kind, style_id)  # noqa: SLF001
    return sheet
