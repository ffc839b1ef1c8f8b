"""Collects a template's marks and problems, part by part."""

from dataclasses import dataclass, field, replace
from typing import Final

from adapters.docx.limits import DEFAULT_LIMITS, Limits
from adapters.docx.wordml import TEMPLATE, Element, is_mark, text_of, w
from domain.documents.grammar import Condition, Expression
from domain.documents.marks import (
    ConditionMark,
    FieldKind,
    FieldMark,
    LoopMark,
    Mark,
    Place,
    Syntax,
)
from domain.documents.problems import Severity, TemplateProblem
from domain.documents.refusals import TemplateHasTooManyTags
from domain.documents.tokens import BadTag

_TOLD: Final = 1_000  # problems of one template; nobody reads more
_SHOWN: Final = 160  # characters of a paragraph that a problem quotes


@dataclass(slots=True)
class Ledger:
    """One per template: numbers run over all its parts."""

    limits: Limits = DEFAULT_LIMITS
    marks: list[Mark] = field(default_factory=list)
    problems: list[TemplateProblem] = field(default_factory=list)

    def field(
        self,
        expression: Expression,
        *,
        source: str,
        place: Place,
        syntax: Syntax = Syntax.TAG,
        kind: FieldKind | None = None,
        choices: tuple[str, ...] = (),
        fallback: str | None = None,
    ) -> int:
        n = self._next()
        self.marks.append(
            FieldMark(
                n=n,
                expression=expression,
                source=source,
                place=place,
                syntax=syntax,
                kind=kind,
                choices=choices,
                fallback=fallback,
            )
        )
        return n

    def loop(self, variable: str, items: Expression, *, source: str, place: Place) -> int:
        n = self._next()
        self.marks.append(
            LoopMark(
                n=n, variable=variable, items=items, source=source, place=place, syntax=Syntax.TAG
            )
        )
        return n

    def condition(
        self,
        branches: tuple[Condition | None, ...],
        *,
        source: str,
        place: Place,
        syntax: Syntax = Syntax.TAG,
        kind: FieldKind | None = None,
    ) -> int:
        n = self._next()
        self.marks.append(
            ConditionMark(
                n=n, branches=branches, source=source, place=place, syntax=syntax, kind=kind
            )
        )
        return n

    def _next(self) -> int:
        if len(self.marks) >= self.limits.tags:
            raise TemplateHasTooManyTags(
                f"The template has more than {self.limits.tags:,} tags.", limit=self.limits.tags
            )
        return len(self.marks)

    def report(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        tag: str = "",
        place: Place | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        if len(self.problems) >= _TOLD:
            return
        self.problems.append(
            TemplateProblem(
                code=code, message=message, hint=hint, tag=tag, place=place, severity=severity
            )
        )

    def reject(self, bad: BadTag, tag: str, place: Place) -> None:
        self.report(bad.code, bad.message, hint=bad.hint, tag=tag, place=place)

    def adopt(self, root: Element) -> tuple[int, ...]:
        """Give each mark in a finished part its place in the tree; their numbers, in order."""
        stack: list[tuple[int, int]] = []
        found: list[int] = []
        for element in root.iter(f"{{{TEMPLATE}}}*"):
            n = int(element.get("n"))
            if is_mark(element, "field", "open"):
                found.append(n)
                if stack:
                    parent, branch = stack[-1]
                    self.marks[n] = replace(self.marks[n], parent=parent, branch=branch)
            if is_mark(element, "open"):
                stack.append((n, 0))
            elif is_mark(element, "branch"):
                stack[-1] = (n, int(element.get("i")))
            elif is_mark(element, "close"):
                stack.pop()
        return tuple(found)


class Places:
    """Where paragraphs stood before anything was changed."""

    def __init__(self, part: str, root: Element) -> None:
        self._part = part
        # the elements are kept: lxml forgets which object stands for a node nobody holds
        self._index = {p: i for i, p in enumerate(root.iter(w("p")))}
        self._known: dict[Element, Place] = {}

    def of(self, element: Element) -> Place:
        """The place of the paragraph an element stands in, or of the first one inside it."""
        paragraph = element
        while paragraph is not None and paragraph.tag != w("p"):
            paragraph = paragraph.getparent()
        if paragraph is None:
            paragraph = next(element.iter(w("p")), None)
        if paragraph is None:
            return Place(part=self._part, paragraph=0, text="")
        if paragraph not in self._known:
            text = " ".join(text_of(paragraph).split())
            shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
            index = self._index.get(paragraph, 0)
            self._known[paragraph] = Place(part=self._part, paragraph=index, text=shown)
        return self._known[paragraph]


_SHOWS: Final = frozenset(
    w(name)
    for name in (
        "drawing", "pict", "object", "tab", "br", "sym", "footnoteReference", "endnoteReference",
        "fldChar", "ptab", "noBreakHyphen", "pgNum", "annotationRef",
    )
)  # fmt: skip
_TAB: Final = w("tab")
_FIELD: Final = f"{{{TEMPLATE}}}field"


def visible(element: Element) -> bool:
    """Whether a node shows something by itself, so that it is not just room for a tag."""
    if element.tag == w("t"):
        return bool((element.text or "").strip())
    if element.tag == _TAB:  # also the name of a tab stop, which shows nothing
        return bool(element.getparent().tag == w("r"))
    return element.tag in _SHOWS or element.tag == _FIELD


def shows_something(element: Element) -> bool:
    return any(visible(node) for node in element.iter(*_SHOWS, w("t"), _FIELD))
