"""Finds and formats the value of one field; collects what is wrong with a row."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.docx.archive import open_archive
from adapters.docx.filtering import NotText, Step, step_of, to_text
from adapters.docx.limits import Limits
from adapters.docx.options import FillOptions
from adapters.docx.package import open_package
from adapters.docx.pictures import BadValue, Box, Resolver, fetch, read_picture
from domain.documents.bindings import Inline, Link, Subdocument
from domain.documents.fields import TemplateField
from domain.documents.filters import bind
from domain.documents.grammar import Argument, Expression, FilterCall, Length, Path
from domain.documents.marks import FieldMark
from domain.documents.rows import MissingPolicy, RowProblem
from domain.documents.values import NotADate, NotANumber, find, is_given, says_yes
from domain.kernel.errors import DomainError

Row = Mapping[str, object]

_SHOWN: Final = 80  # characters of a value that a problem quotes
_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:", "ftp://")
_WRONG: Final = {
    NotANumber: ("documents.value-not-a-number", "is not a number"),
    NotADate: ("documents.value-not-a-date", "is not a date (write 2026-12-31)"),
    NotText: ("documents.value-not-text", "is a group of values, not one"),
}


@dataclass(slots=True)
class Turn:
    """One row in the making."""

    limits: Limits
    resolver: Resolver | None = None
    problems: list[RowProblem] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)  # of the loops around, counted from 1
    rounds: int = 0

    def report(self, name: str, code: str, message: str, value: object = "") -> None:
        for position in self.positions:
            name = name.replace("[]", f"[{position}]", 1)
        shown = value if isinstance(value, str) else repr(value)
        self.problems.append(
            RowProblem(field=name, code=code, message=message, value=shown[:_SHOWN])
        )


def expression_getter(
    expression: Expression, options: FillOptions, *, is_boolean: bool = False
) -> Callable[[Row, Turn], object]:
    """The plain value of an expression, None where there is none; for loops and conditions."""
    raw = _raw(expression)
    steps = _Steps(expression.filters, options)

    def get(scope: Row, turn: Turn) -> object:
        value = raw(scope)
        value = steps.apply(value) if is_given(value) else steps.default
        return says_yes(value) if is_boolean else value

    def guarded(scope: Row, turn: Turn) -> object:
        try:
            return get(scope, turn)
        except (NotANumber, NotADate, NotText) as wrong:
            _complain(turn, str(expression.operand), wrong, raw(scope))
            return None

    return guarded if expression.filters else get


def list_of(value: object, name: str, turn: Turn) -> list[object]:
    """What a loop goes through. A sheet may hold a list as JSON in a cell."""
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            found = json.loads(value)
        except ValueError:
            found = None
        if isinstance(found, list):
            return found
    if is_given(value):
        turn.report(name, "documents.value-not-a-list", "is not a list", value)
    return []


class FieldPlan:
    """How one field's value is found, formatted, and replaced where the row has none."""

    __slots__ = ("_ending", "_is_plain", "_name", "_options", "_rule", "_steps", "mark", "n", "raw")

    def __init__(
        self, mark: FieldMark, name: str, rule: TemplateField | None, options: FillOptions
    ) -> None:
        self.n, self.mark = mark.n, mark
        self._name, self._rule, self._options = name, rule, options
        calls = mark.expression.filters
        ending = calls[-1] if calls and calls[-1].name in _ENDINGS else None
        self._ending = None if ending is None else _ENDINGS[ending.name](bind(ending))
        self._steps = _Steps(calls[:-1] if ending else calls, options)
        self._is_plain = not calls
        self.raw = _raw(mark.expression)

    def is_text(self) -> bool:
        """Whether its value is always text."""
        return self._ending is None

    def key(self) -> tuple[object, ...]:
        """Fields of equal keys have equal values in a row."""
        return (self.mark.expression, self.mark.fallback, self._name, self.mark.source)

    def value(self, scope: Row, turn: Turn) -> Inline:
        value = self.raw(scope)
        if self._is_plain and type(value) is str and value and not value.isspace():
            return value
        try:
            if not is_given(value):
                return self._missing(turn)
            value = self._steps.apply(value)
            if self._ending is not None:
                return self._ending(value, turn)
            return value if type(value) is str else to_text(value)
        except tuple(_WRONG) as wrong:
            _complain(turn, self._name, wrong, value)
        except BadValue as bad:
            turn.report(self._name, bad.code, str(bad), value)
        except DomainError as refused:
            turn.report(self._name, refused.code, str(refused), value)
        return ""

    def _missing(self, turn: Turn) -> str:
        if self._steps.default is not None:
            return to_text(self._steps.default)
        if self.mark.fallback is not None:
            return self.mark.fallback
        rule, policy = self._rule, self._options.missing
        if rule is not None and rule.default is not None:
            return rule.default
        if policy is MissingPolicy.KEEP:
            return self.mark.source
        if policy is MissingPolicy.ERROR and (rule is None or rule.required):
            turn.report(self._name, "documents.value-missing", "has no value")
        return ""


class _Steps:
    """Filters in a row. A missing value passes all of them up to `default`."""

    __slots__ = ("_functions", "default")

    def __init__(self, calls: tuple[FilterCall, ...], options: FillOptions) -> None:
        self._functions: list[Step] = []
        self.default: object = None
        for call in calls:
            if call.name == "default":
                self.default = self.default if self.default is not None else call_value(call)
                continue
            step = step_of(call, options)
            self._functions.append(step)
            if self.default is not None:
                self.default = _tried(step, self.default)

    def apply(self, value: object) -> object:
        for function in self._functions:
            value = function(value)
        return value


def call_value(call: FilterCall) -> Argument:
    return bind(call)["value"]


def _tried(step: Step, default: object) -> object:
    """A default that a filter cannot take (“n/a” as money) is written as it is."""
    try:
        return step(default)
    except ValueError:
        return default


def _raw(expression: Expression) -> Callable[[Row], object]:
    operand = expression.operand
    if not isinstance(operand, Path):
        return lambda _row: operand.value
    if len(operand.segments) == 1:
        name = operand.segments[0]
        return lambda row: row.get(name)
    if len(operand.segments) > 2:  # noqa: PLR2004
        return lambda row: find(row, operand)
    whole, (outer, inner) = str(operand), operand.segments

    def quick(row: Row) -> object:
        group = row.get(outer)
        return group.get(inner) if type(group) is dict and whole not in row else find(row, operand)

    return quick


def _complain(turn: Turn, name: str, wrong: Exception, value: object) -> None:
    code, message = next(told for kind, told in _WRONG.items() if isinstance(wrong, kind))
    turn.report(name, code, message, value)


def _image(given: Mapping[str, Argument]) -> Callable[[object, Turn], Inline]:
    sizes = [size.emu if isinstance(size, Length) else None for size in map(given.get, _SIDES)]
    box = Box(sizes[0], sizes[1], str(given["fit"]))
    alt = str(given["alt"])
    return lambda value, turn: read_picture(fetch(value, turn.resolver), box, alt, turn.limits)


_SIDES: Final = ("width", "height")


def _link(given: Mapping[str, Argument]) -> Callable[[object, Turn], Inline]:
    text = str(given["text"])

    def make(value: object, turn: Turn) -> Inline:
        url = value.get("url") if isinstance(value, Mapping) else value
        own = value.get("text") if isinstance(value, Mapping) else None
        address = to_text(url).strip()
        if address.lower().startswith("www."):
            address = f"https://{address}"
        plain = address.isprintable() and " " not in address
        if not plain or not address.lower().startswith(_SCHEMES):
            raise BadValue("documents.value-not-a-link", "is not a web or mail address")
        return Link(text=to_text(own) if is_given(own) else text or address, url=address)

    return make


def _subdocument(_given: Mapping[str, Argument]) -> Callable[[object, Turn], Inline]:
    def make(value: object, turn: Turn) -> Inline:
        content = fetch(value, turn.resolver)
        open_package(open_archive(content, turn.limits))
        return Subdocument(content=content)

    return make


_ENDINGS: Final = {"image": _image, "link": _link, "subdocument": _subdocument}
