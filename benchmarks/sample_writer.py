"""A small writer of Word documents with fields in them, for the samples and the benchmarks."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, RGBColor
from PIL import Image, ImageDraw

KEPT_STYLES = 25  # unused styles kept, so that the styles part weighs what Word's does
PIECES = re.compile(r"(\[\[.*?\]\]|\*\*.*?\*\*)")


class Writer:
    """A document in the making; in its texts [[name]] is a field, [[name!]] one cut over runs."""

    def __init__(self, tags: dict[str, str], *, font: str, syntax: str = "tag") -> None:
        self.document: Any = Document()
        self.tags, self.syntax = tags, syntax
        self.revision = 0
        normal = self.document.styles["Normal"]
        normal.font.name, normal.font.size = font, Pt(11)

    def page(self, width: int, height: int) -> Any:
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(width), Mm(height)
        if width > height:
            section.orientation = WD_ORIENT.LANDSCAPE
        return section

    def write(
        self,
        text: str,
        *,
        into: Any = None,
        style: str | None = None,
        align: str = "",
        **look: Any,
    ) -> Any:
        paragraph = self.document.add_paragraph(style=style) if into is None else into
        for piece in PIECES.split(text):
            if piece.startswith("[["):
                self._field(paragraph, piece[2:-2], look)
            elif piece.startswith("**"):
                self._strong(paragraph, piece[2:-2], look)
            elif piece:
                self._run(paragraph, piece, look)
        if align:
            paragraph.alignment = WD_ALIGN_PARAGRAPH[align]
        return paragraph

    def _strong(self, paragraph: Any, text: str, look: dict[str, Any]) -> None:
        for piece in PIECES.split(text):
            if piece.startswith("[["):
                self._field(paragraph, piece[2:-2], {**look, "bold": True})
            elif piece:
                self._run(paragraph, piece, {**look, "bold": True})

    def _field(self, paragraph: Any, name: str, look: dict[str, Any]) -> None:
        if self.syntax == "merge":
            self._complex_field(paragraph, f" MERGEFIELD {name.rstrip('!')} ", f"«{name}»", look)
            return
        if self.syntax == "brace":
            self._run(paragraph, f"{{{name.rstrip('!')}}}", look)
            return
        tag = self.tags.get(name.rstrip("!"), "{{{{ {} }}}}".format(name.rstrip("!")))
        if not name.endswith("!"):
            self._run(paragraph, tag, look)
            return
        third = max(1, len(tag) // 3)
        cuts = [tag[:1], tag[1 : third + 1], tag[third + 1 : 2 * third], tag[2 * third :]]
        for position, piece in enumerate(cuts):  # as Word's spelling checker leaves it
            if position == 2:
                self._proof_error(paragraph, "spellStart")
            run = self._run(paragraph, piece, look)
            run._r.set(qn("w:rsidR"), f"00A{self.revision:05X}")
            self.revision += 7
            if position == 2:
                self._proof_error(paragraph, "spellEnd")

    @staticmethod
    def _proof_error(paragraph: Any, kind: str) -> None:
        error = OxmlElement("w:proofErr")
        error.set(qn("w:type"), kind)
        paragraph._p.append(error)

    @staticmethod
    def _run(paragraph: Any, text: str, look: dict[str, Any]) -> Any:
        run = paragraph.add_run(text)
        run.bold = look.get("bold")
        if "size" in look:
            run.font.size = Pt(look["size"])
        if "color" in look:
            run.font.color.rgb = RGBColor.from_string(look["color"])
        return run

    def page_number(self, paragraph: Any) -> None:
        self._complex_field(paragraph, " PAGE ", "1", {})

    def _complex_field(self, paragraph: Any, code: str, shown: str, look: dict[str, Any]) -> None:
        for kind in ("begin", "code", "separate", "shown", "end"):
            run = self._run(paragraph, shown if kind == "shown" else "", look)
            if kind == "code":
                element = OxmlElement("w:instrText")
                element.set(qn("xml:space"), "preserve")
                element.text = code
                run._r.append(element)
            elif kind != "shown":
                character = OxmlElement("w:fldChar")
                character.set(qn("w:fldCharType"), kind)
                run._r.append(character)

    def logo(self, width_cm: float, paragraph: Any = None) -> None:
        paragraph = paragraph or self.document.add_paragraph()
        shape = paragraph.add_run().add_picture(io.BytesIO(logo()), width=Cm(width_cm))
        for side in "TBLR":  # as Word writes them; without, LibreOffice moves the picture aside
            shape._inline.set(f"dist{side}", "0")

    def save(self, path: Path) -> None:
        path.write_bytes(self.content())

    def content(self) -> bytes:
        _prune_styles(self.document)
        _drop_parts(self.document)
        buffer = io.BytesIO()
        self.document.save(buffer)
        return _repack(buffer.getvalue())


def logo() -> bytes:
    image = Image.new("RGB", (480, 160), "white")
    draw = ImageDraw.Draw(image)
    for y in range(160):
        draw.line([(0, y), (480, y)], fill=(20, 60 + y // 2, 140 + y // 3))
    for i in range(24):
        x = 20 * i
        draw.ellipse([x, 150 - 5 * i, x + 14, 164 - 5 * i], fill=(255, 215 - 4 * i, 90 + 6 * i))
    draw.rectangle([40, 40, 440, 120], outline="white", width=6)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _prune_styles(document: Any) -> None:
    """Leave the styles in use, those they stand on, and some more, as in a document of Word's."""
    styles = document.styles.element
    known = {style.get(qn("w:styleId")): style for style in styles.findall(qn("w:style"))}
    used = _used_styles(document, known)
    spare = KEPT_STYLES
    for name, style in known.items():
        if name in used:
            continue
        if style.get(qn("w:type")) == "table" or spare == 0:
            styles.remove(style)
        else:
            spare -= 1
    for element in styles.iter():
        element.tail = None
        if not (element.text or "").strip():
            element.text = None


def _drop_parts(document: Any) -> None:
    for relationships in (document.part.rels, document.part.package.rels):
        for key, relationship in list(relationships.items()):
            if relationship.reltype.endswith(("stylesWithEffects", "thumbnail")):
                del relationships[key]


def _used_styles(document: Any, known: dict[str, Any]) -> set[str]:
    parts = [document.part]
    parts += [
        relationship.target_part
        for relationship in document.part.rels.values()
        if relationship.reltype.endswith(("/header", "/footer"))
    ]
    names = (qn("w:pStyle"), qn("w:rStyle"), qn("w:tblStyle"))
    todo = [element.get(qn("w:val")) for part in parts for element in part.element.iter(*names)]
    todo += [name for name, style in known.items() if style.get(qn("w:default")) == "1"]
    used: set[str] = set()
    while todo:
        name = todo.pop()
        if name in used or name not in known:
            continue
        used.add(name)
        for link in ("basedOn", "next", "link"):
            element = known[name].find(qn(f"w:{link}"))
            if element is not None:
                todo.append(element.get(qn("w:val")))
    return used


def _repack(data: bytes) -> bytes:
    """The same members with fixed times, so that a second run writes the same bytes."""
    buffer = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(data))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            fixed = zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0))
            fixed.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fixed, source.read(info))
    return buffer.getvalue()
