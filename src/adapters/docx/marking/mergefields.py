"""Marks MERGEFIELD, simple or complex, and IF fields that compare something simple."""

from lxml import etree

from adapters.docx.fieldcodes import WordField, new_run, walk_outer_first
from adapters.docx.marking.ledger import Ledger, Places
from adapters.docx.marking.switches import UnknownSwitch, around, filters_of
from adapters.docx.marking.wordif import Branching, TooComplex, read_if
from adapters.docx.wordml import SPACE, Element, mark, w
from domain.documents.filters import check_filters
from domain.documents.grammar import Condition, Expression, Given, Path
from domain.documents.marks import Place, Syntax
from domain.documents.problems import Severity
from domain.documents.tokens import BadTag

_NOT_DONE = {
    "NEXT": "goes to the next record",
    "NEXTIF": "goes to the next record",
    "SKIPIF": "leaves out records",
    "MERGEREC": "is the number of the record",
    "MERGESEQ": "is the number of the record",
    "ASK": "asks a person",
    "FILLIN": "asks a person",
}


def mark_merge_fields(root: Element, places: Places, ledger: Ledger) -> None:
    """Outer fields first: an IF takes the fields in its code along."""
    for field in walk_outer_first(root):
        keyword = field.keyword()
        if keyword == "MERGEFIELD":
            _Marking(places.of(field.begin), ledger).merge_field(field)
        elif keyword == "IF" and any(isinstance(piece, WordField) for piece in field.code):
            _Marking(places.of(field.begin), ledger).branching(field)
        elif keyword in _NOT_DONE:
            _warn(ledger, field, places.of(field.begin), f"{keyword} {_NOT_DONE[keyword]}")


class _Marking:
    def __init__(self, place: Place, ledger: Ledger) -> None:
        self._place, self._ledger = place, ledger

    def merge_field(self, field: WordField) -> None:
        if not field.is_whole():
            _warn(self._ledger, field, self._place, "The field runs over several paragraphs")
            return
        if field.in_code_of is not None:
            field.replace([new_run(field.look(), self._code_mark(field))])
            return
        field.replace(self.elements_of(field))

    def elements_of(self, field: WordField) -> list[Element]:
        """What stands for a MERGEFIELD: a run with its mark, and the texts around it if any."""
        look = field.look()
        run = new_run(look, mark("field", n=self._number(field)))
        before, after = around(field.arguments()[1:])
        if not before and not after:
            return [run]
        texts = [new_run(look, _text(text)) if text else None for text in (before, after)]
        inside = [element for element in (texts[0], run, texts[1]) if element is not None]
        return self._within(field, (Given(_path(field)),), [inside])

    def branching(self, field: WordField) -> None:
        try:
            found = read_if(field)
            self._check(found)
            field.replace(self._branches(field, found))
        except TooComplex as reason:
            _warn(self._ledger, field, self._place, f"This IF is left to Word: {reason}")

    def _check(self, found: Branching) -> None:
        for piece in (*found.then, *found.otherwise):
            if isinstance(piece, WordField) and piece.keyword() == "IF":
                self._check(read_if(piece))

    def _branches(self, field: WordField, found: Branching) -> list[Element]:
        then = [element for piece in found.then for element in self._piece(piece)]
        other = [element for piece in found.otherwise for element in self._piece(piece)]
        if other:
            return self._within(field, (found.condition, None), [then, other])
        return self._within(field, (found.condition,), [then])

    def _piece(self, piece: "WordField | tuple[str, Element | None]") -> list[Element]:
        if not isinstance(piece, WordField):
            return [new_run(piece[1], _text(piece[0]))]
        if piece.keyword() == "IF":
            return self._branches(piece, read_if(piece))
        return self.elements_of(piece)

    def _within(
        self,
        field: WordField,
        conditions: tuple[Condition | None, ...],
        branches: list[list[Element]],
    ) -> list[Element]:
        n = self._ledger.condition(
            conditions,
            source=_shown(field),
            place=self._place,
            syntax=Syntax.MERGE_FIELD,
        )
        elements = [mark("open", n=n), *branches[0]]
        for i, branch in enumerate(branches[1:], 1):
            elements += [mark("branch", n=n, i=i), *branch]
        return [*elements, mark("close", n=n)]

    def _code_mark(self, field: WordField) -> Element:
        """A value inside the code of another field, such as the address of a HYPERLINK."""
        outer = field.in_code_of
        before = outer.instruction().split("\ufffc")[0] if outer else ""
        quoted = sum(before.count(quote) for quote in '"“”') % 2 == 1
        return mark("field", n=self._number(field), code="quoted" if quoted else "bare")

    def _number(self, field: WordField) -> int:
        path = _path(field)
        try:
            expression = Expression(path, filters_of(field.arguments()[1:]))
            check_filters(expression)
        except UnknownSwitch as switch:
            _warn(self._ledger, field, self._place, f"The switch {switch} is ignored")
            expression = Expression(path)
        except BadTag as bad:
            self._ledger.reject(bad, _shown(field), self._place)
            expression = Expression(path)
        return self._ledger.field(
            expression,
            source=_shown(field),
            place=self._place,
            syntax=Syntax.MERGE_FIELD,
        )


def _path(field: WordField) -> Path:
    arguments = field.arguments()
    return Path(tuple((arguments[0] if arguments else "").split(".")))


def _shown(field: WordField) -> str:
    arguments = field.arguments()
    return f"«{arguments[0] if arguments else ''}»" if field.keyword() != "IF" else "{ IF … }"


def _text(text: str) -> Element:
    element = etree.Element(w("t"))
    element.text = text
    element.set(SPACE, "preserve")
    return element


def _warn(ledger: Ledger, field: WordField, place: Place, message: str) -> None:
    ledger.report(
        "documents.word-field-unsupported",
        f"{message}.",
        hint="Write it with {% if %} or {% for %} instead.",
        tag=f"{{ {field.instruction().strip()[:80]} }}".replace("\ufffc", "{…}"),
        place=place,
        severity=Severity.WARNING,
    )
