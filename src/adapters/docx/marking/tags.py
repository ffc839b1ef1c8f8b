"""Finds {{ fields }} and {% statements %} in the text of paragraphs, however runs cut it."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from adapters.docx.marking.ledger import Ledger, Places
from adapters.docx.wordml import SPACE, Element, W, drop, mark, own_nodes, w
from domain.documents.conditions import expressions_of
from domain.documents.filters import check_filters
from domain.documents.grammar import Elif, Expression, For, If, Statement
from domain.documents.marks import Place
from domain.documents.problems import Severity
from domain.documents.reading import read_expression, read_statement
from domain.documents.tokens import BadTag

_INSIDE: Final = r"(?:(?!\{\{|\}\}|\{%|%\}).)*?"
_TAG: Final = re.compile(
    r"\{\{-?(?P<field>" + _INSIDE + r")-?\}\}"
    r"|\{%-?(?P<statement>" + _INSIDE + r")-?%\}"
    r"|\{\#(?P<comment>(?:(?!\{\#).)*?)\#\}",
    re.DOTALL,
)
_LEVEL: Final = re.compile(r"(p|tr|tc|r)\s+(?=\S)")
_OPENED: Final = re.compile(r"\{\{[^{}\0]{0,60}\}?|\{%[^{}%\0]{0,60}[%}]?")
_CLOSED: Final = re.compile(r"[^{}\0]{0,60}(?:\}\}|%\})")
_CUT_OPENING: Final = re.compile(r"(?<!\{)\{\s*[^\W\d][\w. ]*(?:\|[^{}]*)?\}\}\Z")
_BRACES: Final = "//w:t[contains(., '{') or contains(., '}')]"
_ATOMS: Final = {w("tab"): "\t", w("br"): "\n", w("cr"): "\n", w("noBreakHyphen"): "-"}


@dataclass(frozen=True, slots=True)
class Found:
    """A statement that stands in a run as `<tag k="…"/>` until its block is placed."""

    statement: Statement | None  # None: unreadable, and resembling `near`
    near: str
    level: str  # p, tr, tc, r, or "" to be inferred
    source: str
    place: Place
    element: Element

    @property
    def word(self) -> str:
        """for, if, elif, else, endfor or endif, also where it is misspelt."""
        return type(self.statement).__name__.lower() if self.statement else self.near


@dataclass(slots=True)
class _Atom:
    element: Element
    text: str
    start: int


def mark_tags(root: Element, places: Places, ledger: Ledger) -> list[Found]:
    """Replace every field by its mark; return the statements, in document order."""
    statements: list[Found] = []
    for paragraph in _with_braces(root):
        atoms = _atoms(paragraph)
        text = "".join(atom.text for atom in atoms)
        if "{" in text or "}}" in text or "%}" in text:
            statements += _Paragraph(paragraph, atoms, text, places, ledger).mark()
    return statements


def _with_braces(root: Element) -> list[Element]:
    """Paragraphs that may hold a tag, or a piece of one."""
    texts = root.xpath(_BRACES, namespaces={"w": W})
    found = (next(text.iterancestors(w("p")), None) for text in texts)
    return [paragraph for paragraph in dict.fromkeys(found) if paragraph is not None]


def _atoms(paragraph: Element) -> list[_Atom]:
    atoms: list[_Atom] = []
    at = 0
    for node in own_nodes(paragraph):
        if node.getparent().tag != w("r"):
            continue
        text = (node.text or "") if node.tag == w("t") else _ATOMS.get(node.tag, "")
        if text:
            atoms.append(_Atom(node, text, at))
            at += len(text)
    return atoms


class _Paragraph:
    def __init__(
        self, paragraph: Element, atoms: list[_Atom], text: str, places: Places, ledger: Ledger
    ) -> None:
        self._element, self._atoms, self._text = paragraph, atoms, text
        self._starts = [atom.start for atom in atoms]
        self._ledger, self._places = ledger, places
        self._changed: dict[int, _Atom] = {}

    def mark(self) -> list[Found]:
        matches = list(_TAG.finditer(self._text))
        self._report_fragments()
        if not matches:
            return []
        place = self._places.of(self._element)
        for error in list(self._element.iter(w("proofErr"))):
            drop(error)
        planned = [self._plan(match, place) for match in matches]
        statements = [found for found in planned if isinstance(found, Found)]
        # from the last to the first, so that positions stay true
        for match, plan in zip(reversed(matches), reversed(planned), strict=True):
            element = plan.element if isinstance(plan, Found) else plan
            self._cut(match.start(), match.end(), element)
        self._settle()
        return statements

    def _plan(self, match: re.Match[str], place: Place) -> Found | Element | None:
        """What takes the tag's place: a mark, a statement to be paired, or nothing."""
        if match["comment"] is not None:
            return None
        inside = match["field"] if match["field"] is not None else match["statement"]
        found = _LEVEL.match(inside)
        level, inside = (found[1], inside[found.end() :]) if found else ("", inside)
        if match["field"] is not None:
            return self._field(inside, match[0], place)
        return self._statement(inside, level, match[0], place)

    def _field(self, inside: str, source: str, place: Place) -> Element | None:
        try:
            expression = read_expression(inside)
            check_filters(expression)
        except BadTag as bad:
            self._ledger.reject(bad, source, place)
            return None
        return mark("field", n=self._ledger.field(expression, source=source, place=place))

    def _statement(self, inside: str, level: str, source: str, place: Place) -> Found:
        statement: Statement | None = None
        near = ""
        try:
            statement = read_statement(inside)
            for expression in _expressions(statement):
                check_filters(expression, makes_text=True)
        except BadTag as bad:
            self._ledger.reject(bad, source, place)
            near = bad.near
        return Found(statement, near, level, source, place, mark("tag"))

    def _cut(self, start: int, end: int, replacement: Element | None) -> None:
        """Take out the text from `start` to `end`; what comes instead has the first run's look."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        head, tail = self._atoms[first], self._atoms[last]
        rest = tail.text[end - tail.start :]
        anchor = _as_text(head)
        self._changed[first] = head
        if first != last:
            for atom in self._atoms[first + 1 : last]:
                _remove(atom.element)
            tail.text = rest
            if rest:
                _set_text(_as_text(tail), rest)
            else:
                _remove(tail.element)
        elif rest:
            after = anchor.makeelement(w("t"), nsmap=anchor.nsmap)
            _set_text(after, rest)
            anchor.addnext(after)
        if replacement is not None:
            anchor.addnext(replacement)
        head.text = head.text[: start - head.start]

    def _settle(self) -> None:
        """Write what is left of the texts that were cut, once for all cuts."""
        for atom in self._changed.values():
            if atom.text:
                _set_text(atom.element, atom.text)
            else:
                _remove(atom.element)

    def _report_fragments(self) -> None:
        rest = _TAG.sub("\0", self._text)
        if not any(sign in rest for sign in ("{{", "{%", "}}", "%}")):
            return
        for fragment in _OPENED.finditer(rest):
            braces = "}}" if fragment[0].startswith("{{") else "%}"
            self._ledger.report(
                "documents.tag-unclosed",
                "A tag is opened and not closed in its paragraph.",
                hint=f"Close it with {braces}.",
                tag=fragment[0].strip(),
                place=self._places.of(self._element),
            )
        place = self._places.of(self._element)
        for fragment in _CLOSED.finditer(_OPENED.sub("\0", rest)):
            self._stray(rest[max(0, fragment.end() - 80) : fragment.end()], place)

    def _stray(self, text: str, place: Place) -> None:
        cut = _CUT_OPENING.search(text)
        self._ledger.report(
            "documents.tag-unopened",
            "A tag is closed and was not opened.",
            hint="Write {{ in front of the name." if cut else "If it is plain text, ignore this.",
            tag=(cut[0] if cut else text[-60:]).strip(),
            place=place,
            severity=Severity.ERROR if cut else Severity.WARNING,
        )


def _expressions(statement: Statement) -> list[Expression]:
    if isinstance(statement, For):
        return [statement.source]
    if isinstance(statement, If | Elif):
        return list(expressions_of(statement.condition))
    return []


def _as_text(atom: _Atom) -> Element:
    """The atom's element, as a w:t where it was a tab or a break inside a tag."""
    if atom.element.tag != w("t"):
        substitute = atom.element.makeelement(w("t"), nsmap=atom.element.nsmap)
        atom.element.getparent().replace(atom.element, substitute)
        atom.element = substitute
    return atom.element


def _set_text(element: Element, text: str) -> None:
    element.text = text
    element.set(SPACE, "preserve")


def _remove(element: Element) -> None:
    run = element.getparent()
    if run is None:
        return
    drop(element)
    if all(child.tag == w("rPr") for child in run):
        drop(run)
