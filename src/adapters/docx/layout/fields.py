"""Word fields: page numbers and links come alive, anything else shows its stored result."""

import re
from typing import Final

from adapters.docx.layout.context import ComplexField, Inlines, Part
from adapters.docx.layout.names import W, attr, child, children, number, on_off, val
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.nodes import Counted, Inline, Link, PageNumber, Text
from domain.documents.layout.styles import TextStyle

_COUNTED: Final = {
    "PAGE": Counted.PAGE, "NUMPAGES": Counted.PAGES, "SECTIONPAGES": Counted.SECTION_PAGES,
}  # fmt: skip
_FORMATS: Final = {
    "roman": "lowerRoman", "ROMAN": "upperRoman", "Roman": "upperRoman",
    "alphabetic": "lowerLetter", "ALPHABETIC": "upperLetter", "arabic": "decimal",
    "Arabic": "decimal",
}  # fmt: skip
_LINK: Final = re.compile(r'HYPERLINK\s+(?:\\l\s+)?"([^"]*)"(?:\s+\\l\s+"([^"]*)")?')
_LOCAL_LINK: Final = re.compile(r"HYPERLINK\s+\\l\b")
_SAFE: Final = ("http://", "https://", "mailto:", "tel:")
_BOX, _TICKED = "☐", "☒"


def field_mark(part: Part, element: Element, style: TextStyle, found: Inlines) -> None:
    """A `w:fldChar`: begins a field, ends its code, or ends it."""
    kind = attr(element, "fldCharType")
    if kind == "begin":
        part.fields.append(ComplexField())
        _form_field(part, element, style, found)
    elif kind == "separate" and part.fields:
        _begin_result(part, part.fields[-1], style, found)
    elif kind == "end" and part.fields:
        done = part.fields.pop()
        if not done.in_result:
            _begin_result(part, done, style, found)
        if done.link:
            inner: list[Inline] = found[done.start :]
            found[done.start :] = [Link(done.link, tuple(inner))] if inner else []


def _begin_result(part: Part, field: ComplexField, style: TextStyle, found: Inlines) -> None:
    field.in_result = True
    if any(outer.replaced for outer in part.fields if outer is not field):
        return
    page = page_number(field.code, style)
    if page is not None:
        field.replaced = True
        found.append(page)
        return
    field.link, field.start = _link(field.code), len(found)
    _warn(part, field.code)


def page_number(code: str, style: TextStyle) -> PageNumber | None:
    """The live number a field's code asks for, or None."""
    words = code.split()
    if not words or words[0].upper() not in _COUNTED:
        return None
    shape = next((_FORMATS[word] for word in words[1:] if word in _FORMATS), "")
    return PageNumber(_COUNTED[words[0].upper()], shape, style)


def simple_field(
    part: Part, element: Element, style: TextStyle, inner: Inlines, found: Inlines
) -> None:
    """A `w:fldSimple`; `inner` is its stored result."""
    code = attr(element, "instr") or ""
    if inner and isinstance(inner[0], Text):
        style = inner[0].style
    page = page_number(code, style)
    link = _link(code)
    if page is not None:
        found.append(page)
    elif link and inner:
        found.append(Link(link, tuple(inner)))
    else:
        _warn(part, code)
        found.extend(inner)


def _link(code: str) -> str:
    match = _LINK.search(code)
    if match is None:
        return ""
    target, anchor = match[1].strip(), match[2]
    if _LOCAL_LINK.search(code) or (not target and anchor):
        return f"#{anchor or target}"
    return target if target.lower().startswith(_SAFE) else ""


def _warn(part: Part, code: str) -> None:
    name = code.split(maxsplit=1)[0].upper() if code.split() else ""
    if name == "EQ":
        part.report("field.eq", "the equation is left out", Fidelity.NEEDS_HIGH_FIDELITY)
    elif name in {"DATE", "TIME", "SAVEDATE", "PRINTDATE"}:
        part.report("field.date", "the date stands as it was stored in the template")


def _form_field(part: Part, element: Element, style: TextStyle, found: Inlines) -> None:
    """A legacy check box or list shows its state; it has no stored result."""
    form = child(element, W + "ffData")
    box, choices = child(form, W + "checkBox"), child(form, W + "ddList")
    if box is not None:
        ticked = on_off(box, "checked")
        if ticked is None:
            ticked = bool(on_off(box, "default"))
        found.append(Text(_TICKED if ticked else _BOX, style))
        part.fields[-1].replaced = True
    elif choices is not None:
        entries = [attr(entry, "val") or "" for entry in children(choices, W + "listEntry")]
        at = number(val(choices, "result")) or number(val(choices, "default")) or 0
        if 0 <= at < len(entries):
            found.append(Text(entries[int(at)], style))
        part.fields[-1].replaced = True
