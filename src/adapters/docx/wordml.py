"""WordprocessingML: its names, and XML read in a way that fetches and expands nothing."""

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from domain.documents.refusals import PartHasDtd, PartUnreadable

Element = Any  # lxml ships no types

W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W14: Final = "http://schemas.microsoft.com/office/word/2010/wordml"
W15: Final = "http://schemas.microsoft.com/office/word/2012/wordml"
MC: Final = "http://schemas.openxmlformats.org/markup-compatibility/2006"
VML: Final = "urn:schemas-microsoft-com:vml"
OFFICE: Final = "urn:schemas-microsoft-com:office:office"
DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
WP: Final = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
PICTURE: Final = "http://schemas.openxmlformats.org/drawingml/2006/picture"
TEMPLATE: Final = "urn:atelier:template"
SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"

# Attributes that no two elements may share.
IDENTITIES: Final = (f"{{{W14}}}paraId", f"{{{W14}}}textId")

# Text that is not in the document: deleted, moved away, or properties that only look like it.
GONE: Final = frozenset(f"{{{W}}}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "tcPr"))

_STRICT: Final = {
    b"http://purl.oclc.org/ooxml/officeDocument/": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/"
    ),
    b"http://purl.oclc.org/ooxml/wordprocessingml/": (
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/"
    ),
    b"http://purl.oclc.org/ooxml/drawingml/": (
        b"http://schemas.openxmlformats.org/drawingml/2006/"
    ),
    b"http://purl.oclc.org/ooxml/schemaLibrary/": (
        b"http://schemas.openxmlformats.org/schemaLibrary/2006/"
    ),
}
_MARKUP: Final = re.compile(rb"\S")
_PROLOGUE: Final = ((b"<?", b"?>"), (b"<!--", b"-->"))


def w(name: str) -> str:
    """The qualified name of a WordprocessingML element or attribute."""
    return f"{{{W}}}{name}"


def mark(name: str, **attributes: object) -> Element:
    """A new element of the template's own namespace: field, open, branch, close."""
    element = etree.Element(f"{{{TEMPLATE}}}{name}", nsmap={"atl": TEMPLATE})
    for key, value in attributes.items():
        element.set(key, str(value))
    return element


def is_mark(element: Element, *names: str) -> bool:
    return any(element.tag == f"{{{TEMPLATE}}}{name}" for name in names)


def parse(xml: bytes, part: str) -> Element:
    """The root element. Raises PartHasDtd, PartUnreadable."""
    xml = to_transitional(xml)
    refuse_dtd(xml, part)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PartUnreadable(
            f"“{part}” in the document is not readable XML ({str(error)[:120]}). "
            "Open it in Word and save it again.",
            part=part,
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        refuse_dtd(b"<!DOCTYPE", part)
    return root


def serialise(root: Element) -> bytes:
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return data


def to_transitional(xml: bytes) -> bytes:
    """Strict Open XML says the same under other namespace names."""
    if b"http://purl.oclc.org/ooxml/" in xml:
        for strict, transitional in _STRICT.items():
            xml = xml.replace(strict, transitional)
        xml = xml.replace(b' w:conformance="strict"', b"")
    return xml


def drop(element: Element) -> None:
    """Take an element out of its tree; what text follows it is formatting and goes too."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def own_nodes(paragraph: Element) -> Iterator[Element]:
    """Descendants of a paragraph in order, without deleted text and without paragraphs inside."""
    for child in paragraph:
        if not isinstance(child.tag, str) or child.tag in GONE or child.tag == w("p"):
            continue
        yield child
        yield from own_nodes(child)


def text_of(paragraph: Element) -> str:
    """What a reader sees of a paragraph, without text boxes in it."""
    shown = {w("tab"): "\t", w("br"): "\n", w("cr"): "\n", w("noBreakHyphen"): "-"}
    return "".join(
        (node.text or "") if node.tag == w("t") else shown.get(node.tag, "")
        for node in own_nodes(paragraph)
        if node.tag == w("t") or node.getparent().tag == w("r")
    )


def refuse_dtd(xml: bytes, part: str) -> None:
    """Raises PartHasDtd. Looks at what stands before the first element, in any encoding."""
    if b"<!" not in xml and b"\0" not in xml[:64]:
        return
    text = xml.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    at = 0
    while True:
        markup = _MARKUP.search(text, at)
        at = markup.start() if markup else len(text)
        if text.startswith(b"<!DOCTYPE", at):
            raise PartHasDtd(
                f"“{part}” in the document has a DTD, which no word processor writes. "
                "Open it in Word and save it again.",
                part=part,
            )
        end = next((end for start, end in _PROLOGUE if text.startswith(start, at)), None)
        if end is None:
            return
        found = text.find(end, at)
        if found < 0:
            return
        at = found + len(end)
