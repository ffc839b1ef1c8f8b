"""Reads what stands in a paragraph: runs, fields, links, notes, drawings and open places."""

from collections.abc import Callable
from typing import Final, cast

from adapters.docx.layout.context import Inlines, Part
from adapters.docx.layout.drawings import read_drawing, read_object, read_picture
from adapters.docx.layout.fields import field_mark, simple_field
from adapters.docx.layout.names import MARK, MC, M, R, W, attr, child, children, local
from adapters.docx.layout.nesting import Milestone, nest
from adapters.docx.layout.notes import read_note
from adapters.docx.layout.resolution import finished, resolve_run
from adapters.docx.layout.symbols import is_symbol_font, plain_letter
from adapters.docx.layout.text_formats import Said
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.nodes import (
    Bookmark,
    Break,
    BreakKind,
    Field,
    Inline,
    Link,
    NoteNumber,
    Tab,
    Text,
)
from domain.documents.layout.scripts import spans

_TRANSPARENT: Final = frozenset(
    W + name
    for name in ("ins", "moveTo", "smartTag", "customXml", "dir", "bdo", "sdt", "sdtContent")
)
_KNOWN_CHOICES: Final = {"wps", "wpg", "wpc", "w14", "w15", "w16se", "wp14", "a14", "cx", "w16cid"}
_SAFE_LINKS: Final = ("http://", "https://", "mailto:", "tel:", "ftp://")
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_SOFT_HYPHEN: Final = "\u00ad"


def read_inlines(part: Part, paragraph: Element, base: Said) -> tuple[Inline, ...]:
    """The inlines of a `w:p`, open places nested."""
    found: Inlines = []
    _walk(part, paragraph, base, found)
    for opened in part.fields:
        opened.start = 0  # a field that goes on behind this paragraph
    return nest(found, part.document.loops)


def _walk(part: Part, parent: Element | None, base: Said, found: Inlines) -> None:
    for element in () if parent is None else parent:
        if element.tag == W + "r":
            _run(part, element, base, found)
        elif element.tag in _TRANSPARENT:
            _walk(part, element, base, found)
        elif element.tag == MC + "AlternateContent":
            _walk(part, chosen_content(element), base, found)
        else:
            _other(part, element, base, found)


def _other(part: Part, element: Element, base: Said, found: Inlines) -> None:
    if element.tag == W + "hyperlink":
        _hyperlink(part, element, base, found)
    elif element.tag == W + "fldSimple":
        inner: Inlines = []
        _walk(part, element, base, inner)
        simple_field(part, element, finished(part, base), inner, found)
    elif element.tag == W + "bookmarkStart":
        if attr(element, "name") != "_GoBack":
            found.append(Bookmark(attr(element, "name") or ""))
    elif str(element.tag).startswith(MARK):
        _mark(part, element, base, found)
    elif str(element.tag).startswith(M):
        _formula(part, element, base, found)


def _hyperlink(part: Part, element: Element, base: Said, found: Inlines) -> None:
    inner: Inlines = []
    _walk(part, element, base, inner)
    target = _target(part, element)
    if target and inner:
        found.append(Link(target, nest(inner, part.document.loops)))
    else:
        found.extend(inner)


def _mark(part: Part, element: Element, base: Said, found: Inlines) -> None:
    if local(element) == "field":
        found.append(Field(int(element.get("n")), finished(part, base)))
    else:
        found.append(cast("Inline", Milestone.of(element)))  # until they are nested


def _formula(part: Part, element: Element, base: Said, found: Inlines) -> None:
    letters = "".join(text.text or "" for text in element.iter(M + "t"))
    part.report(
        "text.formula",
        "the formula is set as a line of plain text",
        Fidelity.NEEDS_HIGH_FIDELITY,
    )
    if letters:
        found.append(Text(letters, finished(part, base)))


def chosen_content(element: Element) -> Element | None:
    """The branch of an `mc:AlternateContent` that we understand."""
    for choice in children(element, MC + "Choice"):
        if set((choice.get("Requires") or "").split()) <= _KNOWN_CHOICES:
            return choice
    return child(element, MC + "Fallback")


def _target(part: Part, element: Element) -> str:
    anchor = attr(element, "anchor")
    relation = part.document.package.relations(part.name).get(element.get(R + "id") or "")
    if relation is None or not relation.external:
        return f"#{anchor}" if anchor else ""
    address = relation.target.strip()
    return address if address.lower().startswith(_SAFE_LINKS) else ""


# ---- runs


def _run(part: Part, run: Element, base: Said, found: Inlines) -> None:
    said = resolve_run(part, base, child(run, W + "rPr"))
    for element in run:
        _run_child(part, element, said, found)


def _run_child(part: Part, element: Element, said: Said, found: Inlines) -> None:
    name = local(element)
    if name == "fldChar":
        field_mark(part, element, finished(part, said), found)
    elif name == "instrText":
        if part.fields and not part.fields[-1].in_result:
            part.fields[-1].code += element.text or ""
    elif not said.get("hidden") and not _is_silent(part):
        _visible(part, element, name, said, found)


def _is_silent(part: Part) -> bool:
    """Inside a field's code, or a result that something else stands for."""
    return any(field.replaced or not field.in_result for field in part.fields)


def _visible(part: Part, element: Element, name: str, said: Said, found: Inlines) -> None:
    if name == "t":
        text = element.text or ""
        if element.get(_SPACE) != "preserve":
            text = text.strip(" \t\n\r")
        found.extend(texts(part, text, said))
    elif str(element.tag).startswith(MARK):
        _mark(part, element, said, found)
    elif name in _PLAIN:
        _PLAIN[name](part, element, said, found)
    elif element.tag == MC + "AlternateContent":
        chosen = chosen_content(element)
        for inner in () if chosen is None else chosen:
            _run_child(part, inner, said, found)


def texts(part: Part, text: str, said: Said) -> Inlines:
    """Text, split where the script changes, as each script has a font of its own."""
    text = "".join(" " if c in "\n\r" else c for c in text)
    if is_symbol_font(said.get("font", "")):
        text, said = _from_symbols(part, text, said)
    found: Inlines = []
    for piece_at, piece in enumerate(text.split("\t")):
        if piece_at:
            found.append(Tab(finished(part, said)))
        found.extend(
            Text(span, finished(part, said, script)) for script, span in spans(piece) if span
        )
    return found


def _from_symbols(part: Part, text: str, said: Said) -> tuple[str, Said]:
    family = said["font"]
    letters = [plain_letter(family, ord(c)) for c in text]
    if None in letters:
        part.report("text.symbol", f"some letters of {family} are drawn as □")
    return "".join(c or "□" for c in letters), said | {"font": said.get("east_asian") or "Arial"}


def _tab(part: Part, element: Element, said: Said, found: Inlines) -> None:
    found.append(Tab(finished(part, said)))


def _break(part: Part, element: Element, said: Said, found: Inlines) -> None:
    kind = {"page": BreakKind.PAGE, "column": BreakKind.COLUMN}.get(
        attr(element, "type") or "", BreakKind.LINE
    )
    found.append(Break(kind, finished(part, said)))


def _letter(letter: str) -> Callable[[Part, Element, Said, Inlines], None]:
    def add(part: Part, element: Element, said: Said, found: Inlines) -> None:
        found.append(Text(letter, finished(part, said)))

    return add


def _symbol(part: Part, element: Element, said: Said, found: Inlines) -> None:
    family = attr(element, "font") or ""
    code = int(attr(element, "char") or "0", 16)
    letter = plain_letter(family, code)
    if letter is None:
        letter = "□" if is_symbol_font(family) or 0xE000 <= code < 0xF900 else chr(code)  # noqa: PLR2004
        part.report("text.symbol", f"letter {code:X} of {family} is drawn as {letter}")
    found.append(Text(letter, finished(part, said)))


def _note(part: Part, element: Element, said: Said, found: Inlines) -> None:
    note = read_note(
        part, attr(element, "id") or "", finished(part, said), endnote="endnote" in element.tag
    )
    if note is not None:
        found.append(note)
        mark = element.getnext()
        if attr(element, "customMarkFollows") in {"1", "true"} and mark is not None:
            part.report("note.own-mark", "notes are numbered, their own marks come beside")


def _note_number(part: Part, element: Element, said: Said, found: Inlines) -> None:
    found.append(NoteNumber(finished(part, said)))


def _drawing(part: Part, element: Element, said: Said, found: Inlines) -> None:
    found.extend(read_drawing(part, element, finished(part, said)))


def _pict(part: Part, element: Element, said: Said, found: Inlines) -> None:
    found.extend(read_picture(part, element, finished(part, said)))


def _object(part: Part, element: Element, said: Said, found: Inlines) -> None:
    found.extend(read_object(part, element, finished(part, said)))


def _ruby(part: Part, element: Element, said: Said, found: Inlines) -> None:
    part.report("text.ruby", "phonetic guides are left out", Fidelity.NEEDS_HIGH_FIDELITY)
    base = child(element, W + "rubyBase")
    if base is not None:
        _walk(part, base, said, found)


def _position_tab(part: Part, element: Element, said: Said, found: Inlines) -> None:
    part.report("text.position-tab", "the aligning tab jumps to the next tab stop")
    found.append(Tab(finished(part, said)))


_PLAIN: Final[dict[str, Callable[[Part, Element, Said, Inlines], None]]] = {
    "tab": _tab,
    "br": _break,
    "cr": _break,
    "noBreakHyphen": _letter("\u2011"),
    "softHyphen": _letter(_SOFT_HYPHEN),
    "sym": _symbol,
    "footnoteReference": _note,
    "endnoteReference": _note,
    "footnoteRef": _note_number,
    "endnoteRef": _note_number,
    "drawing": _drawing,
    "pict": _pict,
    "object": _object,
    "ruby": _ruby,
    "ptab": _position_tab,
}
