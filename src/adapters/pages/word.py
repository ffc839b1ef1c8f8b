"""A page as Word document."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from markdown_it.token import Token

from adapters.pages.reading import tokens_of

_WIDTH: Final = Cm(16)
_LINK: Final = RGBColor(0x1A, 0x5F, 0xB4)
_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)  # the same page gives the same bytes
_LISTS: Final = {"bullet_list_open": "List Bullet", "ordered_list_open": "List Number"}
_ZIP_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def word_file(markdown: str, pictures: Mapping[str, Path], title: str) -> bytes:
    document = docx.Document()
    _set_up(document, _NO_XML.sub("", title))
    writer = _Writer(document, pictures)
    for token in tokens_of(_NO_XML.sub("", markdown)):
        writer.take(token)
    return _same_bytes(document)


class _Writer:
    """Takes the tokens of a page one after the other."""

    def __init__(self, document: Document, pictures: Mapping[str, Path]) -> None:
        self._document = document
        self._pictures = pictures
        self._lists: list[str] = []
        self._quoted = 0
        self._paragraph: Paragraph | None = None

    def take(self, token: Token) -> None:
        if token.type in _LISTS:
            self._lists.append(_LISTS[token.type])
        elif token.type.endswith("_list_close"):
            self._lists.pop()
        elif token.type.startswith("blockquote"):
            self._quoted += token.nesting
        elif token.type == "inline":
            self._inline(token.children or ())
        else:
            self._block(token)

    def _block(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._paragraph = self._document.add_heading(level=min(int(token.tag[1:]), 4))
            case "paragraph_open":
                self._paragraph = self._document.add_paragraph(style=self._style())
            case "hr":
                self._document.add_paragraph("* * *")
            case "code_block" | "fence":
                self._document.add_paragraph(token.content)

    def _style(self) -> str:
        if self._lists:
            return self._lists[-1]
        return "Quote" if self._quoted else "Normal"

    def _inline(self, children: Sequence[Token]) -> None:
        paragraph = self._paragraph or self._document.add_paragraph()
        nesting = {"strong": 0, "em": 0}
        link: str | None = None
        for child in children:
            kind = child.type.removesuffix("_open").removesuffix("_close")
            if kind in nesting:
                nesting[kind] += child.nesting
            elif kind == "link":
                link = str(child.attrs.get("href", "")) if child.nesting > 0 else None
            elif kind in {"softbreak", "hardbreak"}:
                paragraph.add_run().add_break()
            elif kind == "image":
                self._picture(paragraph, child)
            elif child.content:
                run = _run(paragraph, child.content, link)
                run.bold, run.italic = nesting["strong"] > 0 or None, nesting["em"] > 0 or None

    def _picture(self, paragraph: Paragraph, token: Token) -> None:
        file = self._pictures.get(str(token.attrs.get("src", "")))
        if file is not None:
            shape = paragraph.add_run().add_picture(str(file), width=_WIDTH)
            shape._inline.docPr.set("descr", token.content[:250])  # noqa: SLF001 - python-docx has no other way


def _run(paragraph: Paragraph, text: str, link: str | None) -> Any:
    if not link:
        return paragraph.add_run(text)
    run = paragraph.add_run(text)
    run.font.color.rgb = _LINK
    element = OxmlElement("w:hyperlink")
    relation = paragraph.part.relate_to(link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    element.set(qn("r:id"), relation)
    element.append(run._r)  # noqa: SLF001 - a link wraps the run
    paragraph._p.append(element)  # noqa: SLF001
    return run


def _set_up(document: Document, title: str) -> None:
    core = document.core_properties
    core.title, core.author = title[:250], "Atelier"
    core.created = core.modified = _MOMENT
    core.last_modified_by = "Atelier"
    normal = document.styles["Normal"]
    if normal.type == WD_STYLE_TYPE.PARAGRAPH:
        normal.font.name, normal.font.size = "Calibri", Pt(11)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)


def _same_bytes(document: Document) -> bytes:
    """The package again, without the time of its making in every member."""
    written, same = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(same, "w") as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, _ZIP_MOMENT)
            target.writestr(member, source.read(name), zipfile.ZIP_DEFLATED)
    return same.getvalue()
