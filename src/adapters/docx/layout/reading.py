"""Reads a whole document into a layout: the one entry the engines' makers call."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from adapters.docx.layout.blocks import SectionEnd, read_blocks, read_items
from adapters.docx.layout.checks import check_layout
from adapters.docx.layout.context import Document, Part
from adapters.docx.layout.names import W, attr, child, children, local, on_off, points, val
from adapters.docx.layout.nesting import Milestone, nest
from adapters.docx.layout.notes import find_notes
from adapters.docx.layout.numbering import read_numbering
from adapters.docx.layout.package import Parts
from adapters.docx.layout.sections import SectionReader
from adapters.docx.layout.styles import read_styles
from adapters.docx.layout.theme import read_theme
from adapters.docx.marked import MarkedTemplate
from adapters.docx.package import Package
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.pages import Layout, Section
from domain.documents.marks import LoopMark

_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_WORD_2013: Final = 15


def layout_of(template: MarkedTemplate) -> Layout:
    """The layout of a template, its marks open. Odd content becomes findings, never an error."""
    loops = frozenset(mark.n for mark in template.marks if isinstance(mark, LoopMark))
    marked = {part.name: part.root for part in template.parts}
    return read_layout(template.package, marked, loops)


def read_layout(
    package: Package,
    marked: Mapping[str, Element] | None = None,
    loops: frozenset[int] = frozenset(),
) -> Layout:
    """The layout of a checked document.

    `marked` are the roots of the parts in which the template's constructs were marked, by name;
    `loops` says which marks are loops; the others are fields and conditions.
    """
    parts, main = Parts(package, marked or {}), package.main
    document, settings = _open(parts, main, loops)
    part = Part(document, main, read_blocks)
    root = parts.root(main)
    body = child(root, W + "body")
    even = bool(on_off(settings, "evenAndOddHeaders"))
    sections = _sections(part, body, SectionReader(document, part, even))
    _warn(part, root, settings)
    layout = Layout(
        sections=sections,
        sequences=tuple(document.numbering.used.values()),
        default_tab=points(val(settings, "defaultTabStop")) or 36.0,
        additive_spacing=bool(
            on_off(child(settings, W + "compat"), "doNotUseHTMLParagraphAutoSpacing")
        ),
        footnote_format=val(child(settings, W + "footnotePr"), "numFmt") or "decimal",
        endnote_format=val(child(settings, W + "endnotePr"), "numFmt") or "lowerRoman",
        title=_title(parts),
        language=document.sheet.text_defaults.get("language", "en"),
        fonts=tuple(document.fonts),
        media=tuple(document.media),
    )
    check_layout(layout, document.report)
    return replace(layout, findings=tuple(document.findings.values()))


def _open(parts: Parts, main: str, loops: frozenset[int]) -> tuple[Document, Element | None]:
    def related(kind: str) -> Element | None:
        return parts.root(parts.first(main, kind))

    theme = read_theme(related("theme"))
    sheet = read_styles(related("styles"), theme)
    settings = related("settings")
    document = Document(
        package=parts,
        theme=theme,
        sheet=sheet,
        numbering=read_numbering(related("numbering"), sheet),
        loops=loops,
        word_2013=_compatibility(settings) >= _WORD_2013,
    )
    find_notes(document, main)
    return document, settings


def _compatibility(settings: Element | None) -> int:
    for setting in children(child(settings, W + "compat"), W + "compatSetting"):
        if attr(setting, "name") == "compatibilityMode":
            mode = attr(setting, "val") or ""
            return int(mode) if mode.isdigit() else 0
    return 0


def _sections(part: Part, body: Element | None, reader: SectionReader) -> tuple[Section, ...]:
    if body is None:
        return (reader.read(None, ()),)
    loops = part.document.loops
    sections: list[Section] = []
    items: list[Any] = []
    depth = 0
    for item in read_items(part, body):
        if isinstance(item, Milestone):
            depth += {"open": 1, "close": -1}.get(item.kind, 0)
        if not isinstance(item, SectionEnd):
            items.append(item)
        elif depth:
            part.report(
                "section.in-block",
                "a section break inside a loop or condition is left out",
                Fidelity.NEEDS_HIGH_FIDELITY,
            )
        else:
            sections.append(reader.read(item.properties, nest(items, loops)))
            items = []
    part.paragraph_text = ""
    blocks = nest(items, loops)
    sections.append(reader.read(child(body, W + "sectPr"), blocks))
    return tuple(sections)


def _warn(part: Part, root: Element | None, settings: Element | None) -> None:
    part.paragraph_text = ""
    if root is None:
        return
    if child(root, W + "background") is not None and on_off(settings, "displayBackgroundShape"):
        part.report("page.background", "the page stays white")
    if on_off(settings, "autoHyphenation"):
        part.report("text.hyphenation", "words are not hyphenated")
    if any(local(element) in {"ins", "del", "moveFrom"} for element in root.iter(*_TRACKED)):
        part.report("text.tracked-changes", "tracked changes are shown as if accepted")


_TRACKED: Final = tuple(W + name for name in ("ins", "del", "moveFrom"))


def _title(parts: Parts) -> str:
    root = parts.root(parts.first("", "core-properties"))
    found = None if root is None else root.find(f"{_DC}title")
    return "" if found is None else (found.text or "").strip()
