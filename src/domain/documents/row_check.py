"""One row against the fields it fills: every problem of the row at once, and clean values.

What comes out is what the engine takes and JSON carries: texts, whole or decimal numbers written
plainly ("1234.50"), ISO dates, booleans, lists and mappings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any, Final, Protocol

from domain.documents.cell_values import DEFAULT_LOCALE, CellLocale, shown
from domain.documents.row_values import (
    MAX_TEXT,
    BadValue,
    Read,
    as_artifact,
    as_boolean,
    as_items,
    as_link,
    as_mapping,
    as_text,
    choice_reader,
    date_reader,
    number_reader,
    picture_reader,
)

MAX_ITEMS: Final = 10_000  # of one list
_ERRORS: Final = frozenset(  # what stands in a cell whose formula failed
    {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
    | {"#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ERROR!", "#FIELD!", "#BLOCKED!", "#GETTING_DATA"}
)
_TOLD: Final = 60  # characters of a value that a problem repeats


class RowField(Protocol):
    """A field as a row is checked against it; TemplateField is one."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def default(self) -> str | None: ...
    @property
    def choices(self) -> tuple[str, ...]: ...
    @property
    def fields(self) -> Sequence["RowField"]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """`found` is the beginning of the value; `field` is the full name, “items[2].price”."""

    code: str
    message: str
    field: str = ""
    expected: str = ""
    found: str = ""

    @property
    def public_code(self) -> str:
        """As the API tells it, in the manner of all codes."""
        return f"documents.{self.code.replace('.', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """The values are complete only when there is no problem."""

    values: dict[str, Any]
    problems: tuple[RowProblem, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(slots=True, kw_only=True)
class RowCheck:
    """Made once for all rows of a sheet.

    `urls` says whether pictures may be web addresses, which the workspace has to allow.
    """

    fields: Sequence[RowField]
    locale: CellLocale = DEFAULT_LOCALE
    urls: bool = False
    _plans: list[tuple[str, bool, Read, RowField]] = field(init=False)

    def __post_init__(self) -> None:
        self._plans = []
        for each in self.fields:
            read = self._reader(each)
            self._plans.append((each.name, read is as_text, read, each))

    def __call__(self, row: Mapping[str, object], *, surplus: int = 0) -> CheckedRow:
        """A sheet's cells by field, or a JSON object; what is no field is left out."""
        problems = [_surplus(surplus)] if surplus else []
        values: dict[str, Any] = {}
        for name, is_text, read, each in self._plans:
            value = row.get(name)
            if value.__class__ is str:
                value = value.strip()
                if is_text and _is_plain(value):
                    values[name] = value
                    continue
            if value is None and "." in name and name not in row:
                value = _found(row, name)
            try:
                _take(each, read, value, values)
            except _Bad as bad:
                problems += bad.problems
        return CheckedRow(values=values, problems=tuple(problems))

    def _reader(self, each: RowField) -> Read:
        if each.kind == "list":
            return _list_reader(each, self)
        if each.choices:
            return choice_reader(each.choices)
        kinds: dict[str, Read] = {
            "number": number_reader(self.locale),
            "currency": number_reader(self.locale),
            "date": date_reader(self.locale),
            "boolean": as_boolean,
            "image": picture_reader(urls=self.urls),
            "link": as_link,
            "subdocument": as_artifact,
            "object": as_mapping,
        }
        return kinds.get(each.kind, as_text)


class _Bad(Exception):
    """The problems of a value, or of the items of a list."""

    def __init__(self, problems: list[RowProblem]) -> None:
        super().__init__()
        self.problems = problems


def _is_plain(text: str) -> bool:
    """Whether a text is taken as it is: not empty, not an error, not quoted by a formula."""
    return 0 < len(text) <= MAX_TEXT and text[0] not in "#="


def _take(each: RowField, read: Read, value: object, values: dict[str, Any]) -> None:
    """Raises _Bad."""
    if value is None or value == "":
        if each.default is None:
            if each.required:
                raise _Bad([_missing(each)])
            return
        value = each.default
    if isinstance(value, str) and value in _ERRORS:
        raise _Bad([_error_cell(each, value)])
    try:
        values[each.name] = read(value)
    except BadValue as bad:
        raise _Bad([_problem(each.name, bad, value)]) from None


def _found(row: Mapping[str, object], name: str) -> object:
    """Step by step, as in JSON."""
    value: object = row
    for step in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value.strip() if isinstance(value, str) else value


def _list_reader(each: RowField, whole: RowCheck) -> Read:
    """A list of mappings, or of plain values: then its one field has no name."""
    check = RowCheck(fields=each.fields, locale=whole.locale, urls=whole.urls)
    plain = bool(each.fields) and not each.fields[0].name

    def read(value: Any) -> list[Any]:
        parts = as_items(value)
        if len(parts) > MAX_ITEMS:
            raise BadValue("row.too-many-items", f"at most {MAX_ITEMS} items")
        if not each.fields:
            return parts
        if plain:
            found = _checked_items(each.name, [{"": part} for part in parts], check)
            return [part.get("") for part in found]
        return _checked_items(each.name, parts, check)

    return read


def _checked_items(name: str, parts: list[Any], check: RowCheck) -> list[Any]:
    values, problems = [], []
    for position, item in enumerate(parts):
        place = f"{name}[{position}]"
        if not isinstance(item, Mapping):
            bad = BadValue("row.not-an-object", "an object of named values")
            problems.append(_problem(place, bad, item))
            continue
        checked = check(item)
        values.append({**item, **checked.values})
        problems += [_within(place, problem) for problem in checked.problems]
    if problems:
        raise _Bad(problems)
    return values


def _within(place: str, problem: RowProblem) -> RowProblem:
    """As the row sees it; a plain value has no name of its own."""
    message = problem.message.replace("“”", f"“{place}”")
    return replace(problem, field=f"{place}.{problem.field}".rstrip("."), message=message)


def _surplus(cells: int) -> RowProblem:
    return RowProblem(
        code="row.surplus-cells",
        message=f"{cells} more {'cell' if cells == 1 else 'cells'} than the sheet has columns; "
        "perhaps a delimiter stands in a text without quotes.",
    )


def _missing(each: RowField) -> RowProblem:
    return RowProblem(
        code="row.missing-value",
        message=f"“{each.name}” has no value.",
        field=each.name,
        expected="a value",
    )


def _error_cell(each: RowField, value: str) -> RowProblem:
    return RowProblem(
        code="row.error-cell",
        message=f"“{each.name}” has an error in its cell: {value}.",
        field=each.name,
        expected="a value instead of an error",
        found=value,
    )


def _problem(name: str, bad: BadValue, value: object) -> RowProblem:
    found = shown(value) if isinstance(value, str | int | float | date | time) else ""
    short = found[:_TOLD] + ("…" if len(found) > _TOLD else "")
    return RowProblem(
        code=bad.code,
        message=f"“{name}” should be {bad.expected}" + (f", not “{short}”." if short else "."),
        field=name,
        expected=bad.expected,
        found=short,
    )
