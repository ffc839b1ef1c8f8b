"""A DOCX as parts and relationships, found as the standard says and never by fixed names."""

import posixpath
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from adapters.docx.archive import Archive
from adapters.docx.sniff import other_format
from adapters.docx.wordml import Element, parse, refuse_dtd, serialise, to_transitional
from domain.documents.refusals import (
    ArchiveHostile,
    DocumentPartMissing,
    TemplateHasMacros,
    TemplateRefused,
)

CONTENT_TYPES: Final = "[Content_Types].xml"
_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"
RELATIONSHIPS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_MAIN_TYPE: Final = f"{_WORD}document.main+xml"
_MAIN_TYPES: Final = frozenset({_MAIN_TYPE, f"{_WORD}template.main+xml"})
_FILLABLE_TYPES: Final = frozenset(
    f"{_WORD}{kind}+xml" for kind in ("header", "footer", "footnotes", "endnotes", "comments")
)
_OTHERS: Final = (
    ("spreadsheetml", "Excel workbook (.xlsx)"),
    ("presentationml", "PowerPoint presentation (.pptx)"),
    ("visio", "Visio drawing (.vsdx)"),
    ("ms-xpsdocument", "XPS document"),
)
_MACROS: Final = ("macroenabled", "vbaproject", "vbadata", "activex")


@dataclass(frozen=True, slots=True)
class Relationship:
    id: str
    kind: str  # the last word of its type: image, hyperlink, header…
    target: str  # a part's name, or a URL when external
    external: bool


@dataclass(slots=True)
class Package:
    """`parts` are names by their normal form; `main` is the document part."""

    archive: Archive
    content_types: Element
    main: str
    _names: dict[str, str] = field(repr=False)
    _overrides: dict[str, str] = field(default_factory=dict, repr=False)

    def part(self, target: str) -> str | None:
        """The member a part name stands for, whatever its case and doubled slashes."""
        return self._names.get(_normal(target))

    def content_type(self, name: str) -> str:
        if not self._overrides:
            self._overrides = _content_types(self.content_types)
        return self._overrides.get(_normal(name), "") or _default_type(self.content_types, name)

    def save_content_types(self) -> None:
        self._overrides = {}
        member = self._names[_normal(CONTENT_TYPES)]
        self.archive.write(member, serialise(self.content_types))

    def add(self, name: str, content: bytes) -> None:
        self._names[_normal(name)] = name
        self.archive.write(name, content)

    def declare(self, name: str, content_type: str) -> None:
        element = self.content_types.makeelement(f"{_TYPES}Override")
        element.set("PartName", f"/{name}")
        element.set("ContentType", content_type)
        self.content_types.append(element)
        self.save_content_types()

    def remove(self, name: str) -> None:
        self._names.pop(_normal(name), None)
        self.archive.remove(name)
        for element in list(self.content_types.iter(f"{_TYPES}Override")):
            if _normal(element.get("PartName", "")) == _normal(name):
                self.content_types.remove(element)
                self.save_content_types()

    def fillable(self) -> list[str]:
        """The document first, then headers, footers, notes and comments, in the file's order."""
        overrides = _content_types(self.content_types)
        others = (
            name
            for name in self.archive.members
            if overrides.get(_normal(name)) in _FILLABLE_TYPES and name != self.main
        )
        return [self.main, *others]

    def relationships(self, source: str) -> list[Relationship]:
        """What a part points at; none when it has no relationships."""
        member = self._names.get(_normal(rels_name(source)))
        if member is None:
            return []
        return read_relationships(self.archive.read(member), member, source)


def open_package(archive: Archive) -> Package:
    """Raises a TemplateRefused that says what the archive is instead."""
    names = _normal_names(archive)
    if "mimetype" in names and "content.xml" in names:
        raise other_format("OpenDocument file (.odt, .ods, .odp)")
    types_member = names.get(_normal(CONTENT_TYPES))
    if types_member is None:
        raise other_format("ZIP archive")
    types = parse(archive.read(types_member), types_member)
    _refuse_macros(archive, types)
    package = Package(archive, types, "", names)
    for name in list(archive.members):
        if name.lower().endswith((".rels", ".vml")) or "xml" in package.content_type(name):
            _clean(archive, name)
    package.main = _find_main(package)
    return package


def _clean(archive: Archive, name: str) -> None:
    """No DTD in any XML; and strict Open XML becomes transitional in all parts or in none."""
    xml = archive.read(name)
    refuse_dtd(xml, name)
    transitional = to_transitional(xml)
    if transitional != xml:
        archive.write(name, transitional)


def rels_name(source: str) -> str:
    """The name of the part that holds a part's relationships; "" is the package itself."""
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def read_relationships(xml: bytes, member: str, source: str) -> list[Relationship]:
    base = posixpath.dirname(source)
    found = []
    for element in parse(xml, member).iter(f"{RELATIONSHIPS}Relationship"):
        target, external = element.get("Target", ""), element.get("TargetMode") == "External"
        if not external:
            target = posixpath.join("/" + base, unquote(target.split("#")[0])).lstrip("/")
        kind = element.get("Type", "").rsplit("/", 1)[-1]
        found.append(Relationship(element.get("Id", ""), kind, target, external))
    return found


def _find_main(package: Package) -> str:
    for relationship in package.relationships(""):
        if relationship.kind != "officeDocument" or relationship.external:
            continue
        name = package.part(relationship.target)
        if name is None:
            continue
        kind = package.content_type(name)
        if kind in _MAIN_TYPES:
            _make_document(package, name)
            return name
        raise _not_word(kind)
    overrides = _content_types(package.content_types)
    for name in package.archive.members:  # a root relationship that is missing or points astray
        if overrides.get(_normal(name)) in _MAIN_TYPES:
            return name
    raise _not_word(" ".join(overrides.values()))


def _make_document(package: Package, name: str) -> None:
    """What is filled from a template (.dotx) is a document."""
    for element in package.content_types.iter(f"{_TYPES}Override"):
        is_main = _normal(element.get("PartName", "")) == _normal(name)
        if is_main and element.get("ContentType") != _MAIN_TYPE:
            element.set("ContentType", _MAIN_TYPE)
            package.save_content_types()


def _not_word(content_types: str) -> TemplateRefused:
    for sign, name in _OTHERS:
        if sign in content_types:
            return other_format(name)
    return DocumentPartMissing(
        "The file has no document in it: its main part is missing or of an unknown type. "
        "Open it in Word and save it again."
    )


def _refuse_macros(archive: Archive, types: Element) -> None:
    declared = " ".join(
        element.get("ContentType", "") for element in types if isinstance(element.tag, str)
    )
    everything = f"{declared} {' '.join(archive.members)}".lower()
    if any(sign in everything for sign in _MACROS):
        raise TemplateHasMacros(
            "The document holds macros or ActiveX controls. Save it as .docx (without macros) "
            "in Word and upload that."
        )


def _content_types(types: Element) -> dict[str, str]:
    return {
        _normal(element.get("PartName", "")): element.get("ContentType", "")
        for element in types.iter(f"{_TYPES}Override")
    }


def _default_type(types: Element, name: str) -> str:
    extension = name.rsplit(".", 1)[-1].lower()
    for element in types.iter(f"{_TYPES}Default"):
        if element.get("Extension", "").lower() == extension:
            return str(element.get("ContentType", ""))
    return ""


def _normal_names(archive: Archive) -> dict[str, str]:
    names: dict[str, str] = {}
    for name in archive.members:
        if names.setdefault(_normal(name), name) != name:
            raise ArchiveHostile(
                f"The file has two members for one name: “{name[:80]}”.",
                reason="duplicate",
                member=name[:200],
            )
    return names


def _normal(name: str) -> str:
    """Part names ignore case; writers double slashes (`word//word/`) and use backslashes."""
    return posixpath.normpath("/" + name.replace("\\", "/")).lstrip("/").lower()


def ensure_default_type(package: Package, extension: str, media_type: str) -> None:
    """Let members of an extension have a content type, without touching what is declared."""
    if _default_type(package.content_types, f"x.{extension}"):
        return
    element = package.content_types.makeelement(f"{_TYPES}Default")
    element.set("Extension", extension)
    element.set("ContentType", media_type)
    package.content_types.insert(0, element)
    package.save_content_types()
