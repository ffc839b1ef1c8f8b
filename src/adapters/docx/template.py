"""A compiled template: what the rest of the platform asks of the DOCX engine.

`compile_template(data)` checks, marks and compiles; the result can be pickled, tells fields and
problems, and makes `Filler`s, which turn rows into documents.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from adapters.docx.archive import DEFLATED, Member
from adapters.docx.deflating import deflate_by
from adapters.docx.limits import DEFAULT_LIMITS, Limits
from adapters.docx.lint import lint
from adapters.docx.marked import MarkedTemplate, mark_template
from adapters.docx.options import DEFAULT_OPTIONS, TemplateOptions
from adapters.docx.package import CONTENT_TYPES, Package, ensure_default_type, rels_name
from adapters.docx.program import PICTURES, Program, compile_part
from adapters.docx.zipping import Packed
from domain.documents.fields import TemplateField
from domain.documents.inference import infer_fields
from domain.documents.marks import FieldMark, Mark
from domain.documents.problems import TemplateProblem

_NUMBERED: Final = re.compile(rb'<(?:\w+:)?docPr\b[^>]*?\bid="(\d{1,10})"')
_RELATIONSHIPS_END: Final = b"</Relationships>"
_NO_RELATIONSHIPS: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
)


@dataclass(frozen=True, slots=True)
class PartProgram:
    """A part that differs from row to row; `relationships` is set when rows add to them."""

    name: str
    program: Program = field(repr=False)
    relationships: str = ""
    known: bytes = b""  # the relationships part up to its closing tag


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTemplate:
    """Plain values only, so it can be pickled. `prefix` begins every document made of it."""

    sha256: str
    options: TemplateOptions
    limits: Limits
    fields: tuple[TemplateField, ...]
    marks: tuple[Mark, ...] = field(repr=False)
    problems: tuple[TemplateProblem, ...]
    external: tuple[str, ...]  # hyperlinks to the outside, which stay
    parts: tuple[PartProgram, ...]
    prefix: bytes = field(repr=False)
    prefix_crc: int
    directory: bytes = field(repr=False)
    constants: int  # members in the prefix
    first_number: int  # above every drawing's

    def errors(self) -> tuple[TemplateProblem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error())

    def has_subdocuments(self) -> bool:
        return any(_ending(mark) == "subdocument" for mark in self.marks)


def compile_template(
    data: bytes, options: TemplateOptions = DEFAULT_OPTIONS, limits: Limits = DEFAULT_LIMITS
) -> CompiledTemplate:
    """Raises TemplateTooLarge or a TemplateRefused; mistakes in tags are in `.problems`."""
    marked = mark_template(data, options, limits)
    problems = lint(marked)
    package = marked.package
    if any(_ending(mark) == "image" for mark in marked.marks):
        ensure_default_type(package, "png", "image/png")
        ensure_default_type(package, "jpeg", "image/jpeg")
    parts = tuple(_programs(marked))
    prefix, directory, constants = _constants(package, parts)
    return CompiledTemplate(
        sha256=hashlib.sha256(data).hexdigest(),
        options=options,
        limits=limits,
        fields=infer_fields(marked.marks),
        marks=marked.marks,
        problems=problems,
        external=tuple(dict.fromkeys(_external(package))),
        parts=parts,
        prefix=prefix,
        prefix_crc=zlib.crc32(prefix),
        directory=directory,
        constants=constants,
        first_number=_highest_number(package),
    )


def _programs(marked: MarkedTemplate) -> Iterator[PartProgram]:
    package = marked.package
    for part in marked.parts:
        if not part.marks:
            continue
        program = compile_part(part.root, part.marks, marked.marks)
        if not any(_ending(mark) in PICTURES for mark in part.marks):
            yield PartProgram(part.name, program)
            continue
        name = package.part(rels_name(part.name)) or rels_name(part.name)
        known = package.archive.read(name) if name in package.archive else _NO_RELATIONSHIPS
        yield PartProgram(part.name, program, name, known.partition(_RELATIONSHIPS_END)[0])


def _ending(mark: Mark) -> str:
    """The filter that makes something else than text of a field, if any."""
    calls = mark.expression.filters if isinstance(mark, FieldMark) else ()
    return calls[-1].name if calls and calls[-1].name in PICTURES else ""


def _constants(package: Package, parts: tuple[PartProgram, ...]) -> tuple[bytes, bytes, int]:
    """Members that are the same for every row: their bytes, their records, their number."""
    changing = {part.name for part in parts} | {part.relationships for part in parts}
    members = [member for name, member in package.archive.members.items() if name not in changing]
    members.sort(key=lambda member: _rank(member.name))
    written, records, offset = [], [], 0
    for member in members:
        packed = _packed(member)
        written += [packed.header(), packed.data]
        records.append(packed.record(offset))
        offset += packed.span()
    return b"".join(written), b"".join(records), len(members)


def _rank(name: str) -> int:
    """Content types first, then the package's relationships, as readers of streams expect."""
    return 0 if name == CONTENT_TYPES else 1 if name.startswith("_rels/") else 2


def _packed(member: Member) -> Packed:
    name, data = member.name.encode(), bytes(member.packed)
    if member.rewritten:
        deflated = deflate_by("zlib")(data)
        return Packed(name, DEFLATED, member.crc, member.size, deflated)
    return Packed(name, member.method, member.crc, member.size, data)


def _external(package: Package) -> Iterator[str]:
    for name in package.archive.members:
        if not name.lower().endswith((".xml", ".vml")):
            continue
        for relationship in package.relationships(name):
            if relationship.external:
                yield relationship.target


def _highest_number(package: Package) -> int:
    highest = 0
    for name in package.archive.members:
        if name.lower().endswith(".xml"):
            found = _NUMBERED.findall(package.archive.read(name))
            highest = max([highest, *(int(number) for number in found)])
    return min(highest, 2**31 - 2**20)  # a signed 32-bit number for Word
