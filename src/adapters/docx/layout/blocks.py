"""Reads what stands one under the other: paragraphs, tables, and open places around them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.docx.layout.context import Part
from adapters.docx.layout.inlines import chosen_content, read_inlines
from adapters.docx.layout.names import MARK, MC, W, child, on_off
from adapters.docx.layout.nesting import Milestone, nest
from adapters.docx.layout.resolution import resolve_paragraph
from adapters.docx.layout.tables import read_table
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.nodes import Block, Break, BreakKind, Inline, Paragraph

_WRAPPERS: Final = frozenset(
    W + name for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag")
)
_DEEPEST: Final = 30


@dataclass(frozen=True, slots=True)
class SectionEnd:
    """Stands behind the last paragraph of a section; holds its `w:sectPr`."""

    properties: Element


def read_blocks(part: Part, parent: Element) -> tuple[Block, ...]:
    """The blocks of a cell, header, note or text box; section ends in it mean nothing."""
    if part.depth > _DEEPEST:  # notes that refer to one another without end
        return ()
    items = [item for item in read_items(part, parent) if not isinstance(item, SectionEnd)]
    return nest(items, part.document.loops)


_HIGH: Final = Fidelity.NEEDS_HIGH_FIDELITY


def read_items(part: Part, parent: Element | None) -> Iterator[Any]:
    """Blocks in order, with milestones and section ends between them."""
    for element in () if parent is None else parent:
        if element.tag == W + "p":
            yield from _paragraphs(part, element)
        elif element.tag == W + "tbl":
            part.paragraph_text = ""
            yield read_table(part, element)
        elif element.tag in _WRAPPERS or element.tag == MC + "AlternateContent":
            chosen = element if element.tag in _WRAPPERS else chosen_content(element)
            yield from read_items(part, chosen)
        elif str(element.tag).startswith(MARK):
            yield Milestone.of(element)
        elif element.tag in {W + "altChunk", W + "subDoc"}:
            part.report("document.foreign", "the embedded document is left out", _HIGH)


def _paragraphs(part: Part, element: Element) -> Iterator[Any]:
    """A paragraph, cut where it holds page or column breaks."""
    properties = child(element, W + "pPr")
    if _is_gone(element, properties):
        return
    part.paragraph_text = "".join(text.text or "" for text in element.iter(W + "t"))[:80]
    resolved = resolve_paragraph(part, properties)
    if child(properties, W + "framePr") is not None:
        part.report("paragraph.frame", "the framed paragraph stands in the text", _HIGH)
    inlines = read_inlines(part, element, resolved.text)
    pieces = _pieces(inlines)
    pieces[0] = (pieces[0][0] or part.pending_break, pieces[0][1])
    part.pending_break = None
    if len(pieces) > 1 and not pieces[-1][1]:
        part.pending_break = pieces.pop()[0]  # a break at the end moves what comes next
    for at, (starts, piece) in enumerate(pieces):
        style = resolved.style
        if len(pieces) > 1:
            style = replace(
                style,
                before=style.before if at == 0 else 0.0,
                first=style.first if at == 0 else 0.0,
                after=style.after if at == len(pieces) - 1 else 0.0,
                page_break_before=style.page_break_before and at == 0,
            )
        yield Paragraph(
            style=style,
            inlines=piece,
            marker=resolved.marker if at == 0 else None,
            starts=starts,
        )
    section = child(properties, W + "sectPr")
    if section is not None:
        yield SectionEnd(section)


def _is_gone(element: Element, properties: Element | None) -> bool:
    """A deleted or hidden paragraph with nothing left in it."""
    mark = child(properties, W + "rPr")
    if mark is None or (child(mark, W + "del") is None and not on_off(mark, "vanish")):
        return False
    return not any(
        run.getparent().tag != W + "del" and not on_off(child(run, W + "rPr"), "vanish")
        for run in element.iter(W + "r")
    )


def _pieces(
    inlines: tuple[Inline, ...],
) -> list[tuple[BreakKind | None, tuple[Inline, ...]]]:
    """The runs of inlines between page and column breaks, each with the break it starts behind."""
    pieces: list[tuple[BreakKind | None, list[Inline]]] = [(None, [])]
    for inline in inlines:
        if isinstance(inline, Break) and inline.kind is not BreakKind.LINE:
            pieces.append((inline.kind, []))
        else:
            pieces[-1][1].append(inline)
    if len(pieces) > 1 and not pieces[0][1] and pieces[0][0] is None:
        pieces = pieces[1:]  # a break that opens the paragraph moves it as a whole
    return [(starts, tuple(piece)) for starts, piece in pieces]
