"""Resolves a paragraph or run to its finished style: defaults, table, styles, list, own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.docx.layout.context import Document, Part, TableLayer
from adapters.docx.layout.names import W, child, val
from adapters.docx.layout.numbering import ListDefinition
from adapters.docx.layout.paragraph_formats import (
    merged_paragraphs,
    paragraph_said,
    paragraph_style,
)
from adapters.docx.layout.text_formats import Said, text_said, text_style, with_character_style
from adapters.docx.wordml import Element
from domain.documents.layout.nodes import Marker
from domain.documents.layout.styles import LineKind, ParagraphStyle, TextStyle

_MARK_ONLY: Final = ("underline", "underline_color", "highlight", "shading", "strike")
_LOST_EFFECTS: Final = {
    "outlined": "outline letters are drawn solid",
    "shadowed": "text shadows are left out",
    "embossed": "embossed letters are drawn plain",
    "imprinted": "engraved letters are drawn plain",
    "emphasised": "emphasis marks are left out",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """A paragraph's style, the text its runs start from, and its list marker."""

    style: ParagraphStyle
    text: Said
    marker: Marker | None


def resolve_paragraph(part: Part, properties: Element | None) -> Resolved:
    document, layer = part.document, part.layer
    style_id = document.sheet.known(val(properties, "pStyle"), "paragraph")
    said_here = paragraph_said(properties, document.theme)
    listed = _list_of(document, properties, style_id)
    steps = _style_steps(document, style_id)
    indents = listed[0].levels[listed[1]].paragraph if listed else {}
    own_list = child(properties, W + "numPr") is not None
    merged = merged_paragraphs(
        document.sheet.paragraph_defaults, layer.paragraph, *steps,
        indents if own_list else {}, said_here,
    )  # fmt: skip
    text = document.sheet.text_defaults | layer.text | document.sheet.layers(style_id).text
    mark = _own_text(part, text, child(properties, W + "rPr"))
    style = paragraph_style(merged, finished(part, mark), style_id)
    return Resolved(style, text, _marker(part, listed, mark))


def _style_steps(document: Document, style_id: str) -> list[Said]:
    """What the chain says; a list bound by a style indents before that style has its say."""
    steps = []
    for element in document.sheet.chain(style_id):
        properties = child(element, W + "pPr")
        listed = document.numbering.find(child(properties, W + "numPr"), style_id)
        if listed is not None:
            steps.append(listed[0].levels[listed[1]].paragraph)
        steps.append(paragraph_said(properties, document.theme))
    return steps


def _list_of(
    document: Document, properties: Element | None, style_id: str
) -> tuple[ListDefinition, int] | None:
    own = child(properties, W + "numPr")
    inherited = document.sheet.layers(style_id).paragraph.get("numbering")
    if own is None:
        return document.numbering.find(inherited, style_id)
    if val(own, "numId") is None and inherited is not None:
        found = document.numbering.find(inherited, style_id)
        level = val(own, "ilvl")
        return (found[0], int(level)) if found and level and level.isdigit() else found
    return document.numbering.find(own, style_id)


def _marker(part: Part, listed: tuple[ListDefinition, int] | None, mark: Said) -> Marker | None:
    if listed is None:
        return None
    definition, at = listed
    level = definition.levels[at]
    part.document.numbering.use(definition)
    if level.picture:
        part.report("list.picture-bullet", "picture bullets are drawn as dots")
    plain = {name: value for name, value in mark.items() if name not in _MARK_ONLY}
    return Marker(
        sequence=definition.name,
        level=at,
        style=finished(part, plain | level.text),
        suffix=level.suffix,
        align=level.align,
    )


def resolve_run(part: Part, base: Said, properties: Element | None) -> Said:
    """What holds for a run; `base` is its paragraph's text."""
    return _own_text(part, base, properties)


def _own_text(part: Part, base: Said, properties: Element | None) -> Said:
    if properties is None:
        return base
    document = part.document
    style_id = val(properties, "rStyle")
    if style_id and document.sheet.known(style_id, "character") == style_id:
        base = with_character_style(base, document.sheet.layers(style_id).text)
    own = text_said(properties, document.theme)
    for name, effect in _LOST_EFFECTS.items():
        if own.get(name):
            part.report(f"text.{name}", effect)
    if own.get("underline") is LineKind.WAVE:
        part.report("text.wavy", "wavy underlines are drawn straight")
    if own.get("stretch", 1.0) != 1:
        part.report("text.stretched", "stretched letters stand in one piece")
    return base | own


def finished(part: Part, said: Mapping[str, object], script: str = "latin") -> TextStyle:
    """The style, with its family noted as wanted."""
    style = text_style(said, script)
    part.document.fonts.setdefault(style.font)
    return style


__all__ = ["Resolved", "TableLayer", "finished", "resolve_paragraph", "resolve_run"]
