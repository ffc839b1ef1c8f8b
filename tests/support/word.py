"""Builds small Word documents from XML, and reads what a document says."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

from lxml import etree

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = (
    f'xmlns:w="{W}" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
)
RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
ROOTS = {
    "header": "hdr",
    "footer": "ftr",
    "footnotes": "footnotes",
    "endnotes": "endnotes",
    "comments": "comments",
    "settings": "settings",
    "styles": "styles",
    "numbering": "numbering",
}


def run(text: str, look: str = "") -> str:
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*runs: str) -> str:
    """A paragraph; an argument that is no XML becomes a run of its own."""
    inside = "".join(piece if piece.startswith("<") else run(piece) for piece in runs)
    return f"<w:p>{inside}</w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """A table of one-paragraph cells; a cell that is XML stands as it is."""
    cells = [
        "".join(f"<w:tc>{cell if cell.startswith('<') else p(cell)}</w:tc>" for cell in row)
        for row in rows
    ]
    grid = "<w:gridCol/>" * max(len(row) for row in rows)
    lines = "".join(f"<w:tr>{row}</w:tr>" for row in cells)
    return f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>"


def complex_field(code: str, shown: str = "", look: str = "") -> str:
    """A Word field as Word writes it: begin, code, separate, what is shown, end."""

    def character(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    instruction = f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>'
    result = f"{character('separate')}{run(shown, look)}" if shown else ""
    return f"{character('begin')}{instruction}{result}{character('end')}"


def control(name: str, content: str, kind: str = "<w:text/>", more: str = "") -> str:
    return (
        f'<w:sdt><w:sdtPr><w:tag w:val="{name}"/>{more}{kind}</w:sdtPr>'
        f"<w:sdtContent>{content}</w:sdtContent></w:sdt>"
    )


def a_docx(
    body: str,
    *,
    parts: Mapping[str, str] | None = None,
    members: Mapping[str, bytes] | None = None,
    relationships: str = "",
    defaults: str = "",
) -> bytes:
    """A DOCX of a body and further parts by kind (header, footer2, settings…).

    `relationships` are added to the document's own; `members` are added as they are.
    """
    overrides = [("document", "document.main")]
    links = [relationships]
    files: dict[str, bytes] = {}
    for name, inside in (parts or {}).items():
        kind = name.rstrip("0123456789")
        overrides.append((name, kind))
        links.append(relationship(f"rId{name}", kind, f"{name}.xml"))
        files[f"word/{name}.xml"] = xml(f"<w:{ROOTS[kind]} {NAMESPACES}>{inside}</w:{ROOTS[kind]}>")
    declared = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{WORD_TYPE}.{kind}+xml"/>'
        for name, kind in overrides
    )
    everything = {
        "[Content_Types].xml": xml(
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{defaults}{declared}</Types>'
        ),
        "_rels/.rels": rels(relationship("rId1", "officeDocument", "word/document.xml")),
        "word/_rels/document.xml.rels": rels("".join(links)),
        "word/document.xml": xml(
            f"<w:document {NAMESPACES}><w:body>{body}<w:sectPr/></w:body></w:document>"
        ),
        **files,
        **(members or {}),
    }
    return a_zip(everything)


def relationship(name: str, kind: str, target: str, *, external: bool = False) -> str:
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="{name}" Type="{RELATIONSHIP}/{kind}" Target="{target}"{mode}/>'


def xml(text: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{text}'.encode()


def rels(inside: str) -> bytes:
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return xml(f'<Relationships xmlns="{namespace}">{inside}</Relationships>')


def a_zip(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def replaced(docx: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The same archive with members replaced, added, or left out (None)."""
    archive = zipfile.ZipFile(BytesIO(docx))
    members = {name: archive.read(name) for name in archive.namelist()}
    merged = {**members, **changes}
    return a_zip({name: content for name, content in merged.items() if content is not None})


def member(docx: bytes, name: str) -> bytes:
    return zipfile.ZipFile(BytesIO(docx)).read(name)


def paragraphs(docx: bytes, part: str = "word/document.xml") -> list[str]:
    """The text of every paragraph of a part, with its breaks and tabs."""
    return texts(etree.fromstring(member(docx, part)))


def texts(root: etree._Element) -> list[str]:
    return [_text(paragraph) for paragraph in root.iter(f"{{{W}}}p")]


def _text(paragraph: etree._Element) -> str:
    shown = {f"{{{W}}}tab": "\t", f"{{{W}}}br": "\n"}
    found = []
    for node in paragraph.iter():
        if node.tag == f"{{{W}}}t" and next(node.iterancestors(f"{{{W}}}p")) is paragraph:
            found.append(node.text or "")
        elif node.tag in shown and node.getparent().tag == f"{{{W}}}r":
            found.append(shown[node.tag])
        elif node.tag == "{urn:atelier:template}field":
            found.append(f"<{node.get('n')}>")
    return "".join(found)
