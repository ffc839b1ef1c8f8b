"""Takes out of a template what would fetch, run or embed something when the document is opened.

Hyperlinks stay: they act only when a person clicks. Everything else that points outside is listed
and made harmless; macros were refused before, and documents to be merged in are refused here.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from lxml.etree import QName

from adapters.docx.fieldcodes import find_fields
from adapters.docx.marking.ledger import Ledger
from adapters.docx.package import RELATIONSHIPS, Package, ensure_default_type
from adapters.docx.wordml import DRAWING, OFFICE, VML, Element, R, drop, parse, serialise, w
from domain.documents.marks import Place
from domain.documents.problems import Severity
from domain.documents.refusals import TemplateHasChunks

_FETCHING: Final = frozenset(
    (
        "DDE", "DDEAUTO", "INCLUDE", "INCLUDEPICTURE", "INCLUDETEXT", "IMPORT", "DATABASE", "LINK",
        "RD",
    )
)  # fmt: skip
_CHUNKS: Final = frozenset(("aFChunk", "subDocument"))
_EMBEDDED: Final = frozenset(("oleObject", "package", "control"))
_SETTINGS: Final = (w("attachedTemplate"), w("mailMerge"), w("linkStyles"), w("frameset"))
_CUT: Final = {
    "image": "A linked picture is left blank",
    "attachedTemplate": "The link to another template is removed",
}
_CLICKED: Final = frozenset(("hyperlink", "hlinkClick", "hlinkHover", "hlinkMouseOver"))
_DRAWN: Final = (f"{{{VML}}}imagedata", f"{{{VML}}}fill", f"{{{VML}}}stroke")
_ADDRESSES: Final = ("src", "href", f"{{{OFFICE}}}href", f"{{{R}}}href")
_BLANK: Final = "word/media/atelier-blank.png"
_PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a4944415478da63f80f00010101001cb08c990000000049454e44ae426082"
)


def neutralise(package: Package, ledger: Ledger) -> None:
    """Relationships, settings, embedded objects and fields of every part, in place.

    Raises TemplateHasChunks.
    """
    for member in list(package.archive.members):
        if member.lower().endswith(".rels"):
            _clean_relationships(package, member, ledger)
    for member in list(package.archive.members):
        if member.lower().endswith(".xml"):
            _cut_addresses(package, member, ledger)
        if member.lower().endswith("settings.xml"):
            _clean_settings(package, member)
        elif _has_fields(package, member):
            root = parse(package.archive.read(member), member)
            if _unlink_fetching(root, member, ledger):
                package.archive.write(member, serialise(root))


def _clean_relationships(package: Package, member: str, ledger: Ledger) -> None:
    folder, name = posixpath.split(member)
    source = posixpath.join(posixpath.dirname(folder), name[: -len(".rels")])
    root = parse(package.archive.read(member), member)
    fates: dict[str, str] = {}
    for element in list(root.iter(f"{RELATIONSHIPS}Relationship")):
        fate = _fate(element, source, ledger)
        if not fate:
            continue
        fates[element.get("Id", "")] = fate
        if fate == "blank":
            element.set("Target", f"/{_BLANK}")
            element.attrib.pop("TargetMode", None)
        else:
            _drop_target(package, source, element)
            drop(element)
    if not fates:
        return
    package.archive.write(member, serialise(root))
    if "blank" in fates.values():
        package.add(_BLANK, _PIXEL)
        ensure_default_type(package, "png", "image/png")
    _follow(package, source, fates)


def _fate(element: Element, source: str, ledger: Ledger) -> str:
    """For a relationship that must not stay, “blank” or “gone”; for one that may, nothing."""
    kind = element.get("Type", "").rsplit("/", 1)[-1]
    target = element.get("Target", "")
    if kind in _CHUNKS:
        raise TemplateHasChunks(
            "The document holds another document that Word merges in when it opens it. "
            "Open it in Word, save it, and upload that.",
            part=source,
        )
    if element.get("TargetMode") == "External" and kind != "hyperlink":
        what = _CUT.get(kind, f"A link to another file ({kind}) is removed")
        message = f"{what}: it would be fetched whenever the document is opened."
        _warn(ledger, source, "external-neutralised", message, target)
        return "blank" if kind == "image" else "gone"
    if kind in _EMBEDDED and "/charts/" not in f"/{source}":  # the sheet behind a chart may stay
        message = "An embedded object is removed; its picture stays."
        _warn(ledger, source, "object-neutralised", message, target)
        return "gone"
    return ""


def _drop_target(package: Package, source: str, element: Element) -> None:
    if element.get("TargetMode") == "External":
        return
    target = posixpath.join("/", posixpath.dirname(source), element.get("Target", ""))
    name = package.part(target)
    if name is not None:
        package.remove(name)


def _follow(package: Package, source: str, fates: dict[str, str]) -> None:
    """Make a part's XML fit its relationships: ids that are gone must not be spoken of."""
    name = package.part(source)
    if name is None or not name.lower().endswith(".xml"):
        return
    root = parse(package.archive.read(name), name)
    for element in list(root.iter(f"{{{OFFICE}}}OLEObject", w("control"), w("objectEmbed"))):
        if element.get(f"{{{R}}}id", "") in fates:
            drop(element)
    for blip in root.iter(f"{{{DRAWING}}}blip"):
        link = blip.attrib.pop(f"{{{R}}}link", None)
        if link is not None and blip.get(f"{{{R}}}embed") is None and fates.get(link) == "blank":
            blip.set(f"{{{R}}}embed", link)
    package.archive.write(name, serialise(root))


def _cut_addresses(package: Package, member: str, ledger: Ledger) -> None:
    """What a part itself says of the outside: addresses in drawings, and links that nobody clicks.

    A relationship may call itself a hyperlink and be used as a picture, which is then fetched.
    """
    outside = _outside(package, member)
    if not outside and VML.encode() not in package.archive.read(member):
        return
    root = parse(package.archive.read(member), member)
    cut = [
        *(found for image in root.iter(*_DRAWN) for found in _taken(image, _ADDRESSES)),
        *(
            outside.get(found, found)
            for element in root.iter("*")
            if QName(element).localname not in _CLICKED
            for found in _taken(element, list(_related(element, outside)))
        ),
    ]
    for address in cut:
        message = "A linked picture is left out: it would be fetched whenever it is shown."
        _warn(ledger, member, "external-neutralised", message, address)
    if cut:
        package.archive.write(member, serialise(root))


def _outside(package: Package, member: str) -> dict[str, str]:
    """The relationships of a part that still point outside: addresses by id."""
    folder, name = posixpath.split(member)
    links = package.part(f"/{folder}/_rels/{name}.rels")
    if links is None:
        return {}
    root = parse(package.archive.read(links), links)
    return {
        element.get("Id", ""): element.get("Target", "")
        for element in root.iter(f"{RELATIONSHIPS}Relationship")
        if element.get("TargetMode") == "External"
    }


def _related(element: Element, outside: Mapping[str, str]) -> Iterator[str]:
    prefix = f"{{{R}}}"
    for name, value in element.attrib.items():
        if str(name).startswith(prefix) and value in outside:
            yield str(name)


def _taken(element: Element, names: Iterable[str]) -> list[str]:
    return [str(element.attrib.pop(name)) for name in names if element.get(name) is not None]


def _clean_settings(package: Package, member: str) -> None:
    root = parse(package.archive.read(member), member)
    found = list(root.iter(*_SETTINGS))
    for element in found:
        drop(element)
    if found:
        package.archive.write(member, serialise(root))


def _has_fields(package: Package, member: str) -> bool:
    if not member.lower().endswith(".xml"):
        return False
    xml = package.archive.read(member).replace(b"\0", b"")
    return b"instrText" in xml or b"fldSimple" in xml


def _unlink_fetching(root: Element, part: str, ledger: Ledger) -> bool:
    """Leave the result of fields that fetch or start something as plain text."""
    changed = False
    for found in find_fields(root):
        keyword, code = found.keyword(), found.instruction().strip()
        if keyword in _FETCHING or code.startswith("\ufffc"):  # a keyword that another field makes
            message = (
                f"A {keyword or 'nested'} field fetches or starts something when the document is "
                "opened; what it shows now stays as plain text."
            )
            _warn(ledger, part, "field-neutralised", message, f"{{ {code} }}")
            found.unlink()
            changed = True
    return changed


def _warn(ledger: Ledger, part: str, code: str, message: str, tag: str) -> None:
    ledger.report(
        f"documents.{code}",
        message,
        tag=tag[:200],
        place=Place(part=part, paragraph=0, text=""),
        severity=Severity.WARNING,
    )
