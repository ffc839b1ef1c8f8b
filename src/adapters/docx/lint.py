"""Everything worth telling about a template before it is filled, in the order of its text."""

from collections.abc import Iterator
from urllib.parse import unquote

from adapters.docx.filtering import step_of
from adapters.docx.formats import BadFormat
from adapters.docx.marked import MarkedTemplate
from adapters.docx.marking.ledger import visible
from adapters.docx.options import DEFAULT_FILL
from adapters.docx.program import PICTURES
from adapters.docx.wordml import SPACE, TEMPLATE, Element, w
from domain.documents.conditions import expressions_of
from domain.documents.grammar import Expression, Path
from domain.documents.marks import ConditionMark, FieldMark, LoopMark, Mark, Place
from domain.documents.problems import Severity, TemplateProblem

_TAGS = ("{{", "{%")


def lint(marked: MarkedTemplate) -> tuple[TemplateProblem, ...]:
    """What marking found, and formats that do not exist, and tags where none is filled."""
    order = {part.name: at for at, part in enumerate(marked.parts)}
    problems = [
        *marked.problems,
        *_formats(marked.marks),
        *_left_over(marked),
        *_subdocuments(marked),
        # a loop that could not be read would make its items look lost
        *(() if any(problem.is_error() for problem in marked.problems) else _scopes(marked.marks)),
        *_addresses(marked),
    ]

    def key(problem: TemplateProblem) -> tuple[int, int]:
        place = problem.place
        return (order.get(place.part, len(order)), place.paragraph) if place else (-1, 0)

    return tuple(sorted(problems, key=key))


def _formats(marks: tuple[Mark, ...]) -> Iterator[TemplateProblem]:
    for mark in marks:
        for expression in _expressions(mark):
            for call in expression.filters:
                if call.name in PICTURES or call.name == "default":
                    continue
                try:
                    step_of(call, DEFAULT_FILL)
                except BadFormat as bad:
                    yield TemplateProblem(
                        code="documents.filter-argument",
                        message=str(bad),
                        tag=mark.source,
                        place=mark.place,
                    )


def _expressions(mark: Mark) -> Iterator[Expression]:
    if isinstance(mark, LoopMark):
        yield mark.items
    elif isinstance(mark, ConditionMark):
        for condition in mark.branches:
            if condition is not None:
                yield from expressions_of(condition)
    else:
        yield mark.expression


def _scopes(marks: tuple[Mark, ...]) -> Iterator[TemplateProblem]:
    """The name of a loop's item used outside of the loop, where it is only a field's name."""
    variables = {mark.variable for mark in marks if isinstance(mark, LoopMark)} | {"loop"}
    for mark in marks:
        for expression in _expressions(mark):
            operand = expression.operand
            if not isinstance(operand, Path) or operand.head not in variables:
                continue
            if operand.head in _in_scope(mark, marks):
                continue
            yield TemplateProblem(
                code="documents.variable-outside-loop",
                message=f"“{operand.head}” is only known inside its loop.",
                hint="Move the tag between {% for %} and {% endfor %}, or rename one of them.",
                tag=mark.source,
                place=mark.place,
                severity=Severity.ERROR if operand.head == "loop" else Severity.WARNING,
            )


def _in_scope(mark: Mark, marks: tuple[Mark, ...]) -> set[str]:
    found: set[str] = set()
    while mark.parent is not None:
        mark = marks[mark.parent]
        if isinstance(mark, LoopMark):
            found |= {mark.variable, "loop"}
    return found


def _addresses(marked: MarkedTemplate) -> Iterator[TemplateProblem]:
    for part in marked.parts:
        for relationship in marked.package.relationships(part.name):
            target = unquote(relationship.target)
            if any(sign in target for sign in _TAGS):
                yield TemplateProblem(
                    code="documents.tag-not-filled",
                    message="The address of a link has a tag in it, and addresses are not filled.",
                    hint='Write {{ field | link("text") }} instead of the link.',
                    tag=target[:80],
                    place=Place(part=part.name, paragraph=0, text=""),
                    severity=Severity.WARNING,
                )


def _left_over(marked: MarkedTemplate) -> Iterator[TemplateProblem]:
    """Tags in places that are not text: the code of a field, a tooltip, an alternative text."""
    for part in marked.parts:
        for element in part.root.iter(w("instrText"), "{*}docPr", w("hyperlink"), "{*}cNvPr"):
            texts = [element.text or "", *_attributes(element)]
            tag = next((text for text in texts if any(sign in text for sign in _TAGS)), None)
            if tag is not None:
                yield TemplateProblem(
                    code="documents.tag-not-filled",
                    message="A tag stands where none is filled (a field's code, a tooltip or an "
                    "alternative text).",
                    hint="Move it into the text.",
                    tag=tag.strip()[:80],
                    place=Place(part=part.name, paragraph=0, text=""),
                    severity=Severity.WARNING,
                )


def _subdocuments(marked: MarkedTemplate) -> Iterator[TemplateProblem]:
    """A document takes the place of a whole paragraph, and only in the body."""
    wanted = {
        str(mark.n): mark
        for mark in marked.marks
        if isinstance(mark, FieldMark)
        and mark.expression.filters[-1:]
        and mark.expression.filters[-1].name == "subdocument"
    }
    for part in marked.parts if wanted else ():
        for element in part.root.iter(f"{{{TEMPLATE}}}field"):
            mark = wanted.get(element.get("n"))
            if mark is None:
                continue
            paragraph = next(element.iterancestors(w("p")))
            shown = [node for node in paragraph.iter() if visible(node)]
            in_box = next(paragraph.iterancestors(w("txbxContent")), None) is not None
            if part.name != marked.package.main or in_box or shown != [element]:
                yield TemplateProblem(
                    code="documents.subdocument-position",
                    message="A sub-document takes the place of a whole paragraph of the body.",
                    hint="Put the tag alone into a paragraph outside of headers and text boxes.",
                    tag=mark.source,
                    place=mark.place,
                )


def _attributes(element: Element) -> list[str]:
    return [value for name, value in element.attrib.items() if name != SPACE]
