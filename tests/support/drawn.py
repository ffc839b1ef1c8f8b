"""Builds layouts out of small Word documents, and reads what a PDF shows and where."""

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from adapters.docx.layout.drawable import Drawable, drawable
from adapters.docx.layout.reading import layout_of
from adapters.docx.marked import MarkedTemplate, mark_template
from adapters.runtime.typefaces.book import font_book
from adapters.runtime.typefaces.typography import Typography
from domain.documents.bindings import Bindings
from domain.documents.grammar import Path
from domain.documents.layout.arranged import Line
from domain.documents.layout.arranging import arranged
from domain.documents.layout.nodes import Paragraph
from domain.documents.layout.pages import Layout
from domain.documents.marks import ConditionMark, FieldMark, LoopMark, Mark
from word import a_docx, relationship

NORMAL = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
DEFAULTS = (
    "<w:docDefaults><w:rPrDefault><w:rPr>"
    '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri"/><w:sz w:val="22"/>'
    "</w:rPr></w:rPrDefault></w:docDefaults>"
)
MODERN = (
    '<w:compat><w:compatSetting w:name="compatibilityMode" '
    'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
)
A4 = '<w:pgSz w:w="11906" w:h="16838"/>'
MARGINS = (
    '<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" '
    'w:header="720" w:footer="720" w:gutter="0"/>'
)
WORDS = "Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor. "
_GAP = 3.0  # points
SHIPPED_ONLY = Typography(font_book(system=False))


def a_template(
    body: str,
    *,
    styles: str = "",
    settings: str = MODERN,
    section: str = A4 + MARGINS,
    pictures: Mapping[str, bytes] | None = None,
    relationships: str = "",
    **parts: str,
) -> MarkedTemplate:
    """A marked template; `pictures` are PNG bytes by relationship id."""
    inside = {"styles": DEFAULTS + f"{NORMAL}</w:style>" + styles, "settings": settings, **parts}
    links = "".join(relationship(name, "image", f"media/{name}.png") for name in pictures or {})
    data = a_docx(
        f"{body}<w:sectPr>{section}</w:sectPr>",
        parts=inside,
        relationships=links + relationships,
        members={f"word/media/{name}.png": content for name, content in (pictures or {}).items()},
        defaults='<Default Extension="png" ContentType="image/png"/>',
    )
    return mark_template(data)


def a_layout(body: str, **more: Any) -> Layout:
    return layout_of(a_template(body, **more))


def a_drawable(body: str, **more: Any) -> Drawable:
    return drawable(a_template(body, **more), SHIPPED_ONLY)


def paragraph(body: str, **more: Any) -> Paragraph:
    """The first paragraph of a document."""
    found = a_layout(body, **more).sections[0].blocks[0]
    assert isinstance(found, Paragraph)
    return found


def lines_arranged(layout: Layout, row: Bindings | None = None) -> list[Line]:
    """The paragraphs of the first section's flow, arranged."""
    blocks = arranged(layout, row or {}).sections[0].flow.blocks
    return [block for block in blocks if isinstance(block, Line)]


def bindings_of(template: MarkedTemplate, row: Mapping[str, Any]) -> Bindings:
    """What a row of plain values means for the marks: names only, no filters."""
    return _bindings(template.marks, None, 0, row)


def _bindings(
    marks: tuple[Mark, ...], parent: int | None, branch: int, scope: Mapping[str, Any]
) -> Bindings:
    found: Bindings = {}
    for mark in marks:
        if (mark.parent, mark.branch) != (parent, branch):
            continue
        if isinstance(mark, FieldMark):
            found[mark.n] = _value(mark, scope)
        elif isinstance(mark, LoopMark):
            assert isinstance(mark.items.operand, Path)
            found[mark.n] = [
                _bindings(marks, mark.n, 0, {**scope, mark.variable: item})
                for item in scope[mark.items.operand.head]
            ]
        elif isinstance(mark, ConditionMark):
            taken = next((at for at, _ in enumerate(mark.branches) if scope.get("taken") == at), -1)
            inner = _bindings(marks, mark.n, taken, scope) if taken >= 0 else {}
            found[mark.n] = (taken, inner)
    return found


def _value(mark: FieldMark, scope: Mapping[str, Any]) -> Any:
    assert isinstance(mark.expression.operand, Path)
    value: Any = scope
    for name in mark.expression.operand.segments:
        value = value[name]
    return value


def a_png(color: str = "red", width: int = 40, height: int = 20) -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height), color).save(made, "PNG")
    return made.getvalue()


# ---- what a PDF shows


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of text on a page: points from the top and from the left."""

    page: int
    top: float  # of the baseline
    left: float
    text: str


def shown(pdf: bytes) -> list[Shown]:
    """Lines from top to bottom, page by page."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(document, start=1):
            found.extend(_lines(page, number))
    return found


def texts_by_page(pdf: bytes) -> list[list[str]]:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = len(document)
    lines = shown(pdf)
    return [[line.text for line in lines if line.page == at + 1] for at in range(pages)]


def links_of(pdf: bytes) -> list[str]:
    """The addresses that links on the first page lead to."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        place, link = ctypes.c_int(0), pdfium.FPDF_LINK()
        while pdfium.FPDFLink_Enumerate(page, place, link):
            action = pdfium.FPDFLink_GetAction(link)
            size = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
            address = ctypes.create_string_buffer(size)
            pdfium.FPDFAction_GetURIPath(document, action, address, size)
            found.append(address.value.decode())
    return found


def text_of(pdf: bytes) -> str:
    return "\n".join(line.text for line in shown(pdf))


def _lines(page: Any, number: int) -> list[Shown]:
    height, text = page.get_height(), page.get_textpage()
    rows: dict[float, list[tuple[float, float, str]]] = {}
    for at in range(text.count_chars()):
        letter = pdfium.FPDFText_GetUnicode(text, at)
        if letter in {0, 10, 13}:
            continue
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(text, at, x, y)
        top = round(height - y.value, 1)
        near = next((key for key in rows if abs(key - top) < 0.6), top)
        edges = [ctypes.c_double() for _ in range(4)]  # left, right, bottom, top
        pdfium.FPDFText_GetCharBox(text, at, *edges)
        rows.setdefault(near, []).append((x.value, edges[1].value, chr(letter)))
    return [
        Shown(number, top, min(letter[0] for letter in letters), _joined(letters))
        for top, letters in sorted(rows.items())
        if _joined(letters)
    ]


def _joined(letters: list[tuple[float, float, str]]) -> str:
    """The text, with a space where a gap is wider than letters stand apart."""
    text, end = "", letters[0][0]
    for left, right, letter in letters:
        text += f" {letter}" if left - end > _GAP else letter
        end = right
    return " ".join(text.split())
