"""The filters a tag may use, what they take and what they make of a value; nothing else exists."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from domain.documents.grammar import Argument, Expression, FilterCall, Length
from domain.documents.marks import FieldKind
from domain.documents.tokens import BadTag

REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    types: tuple[type, ...]
    default: object = REQUIRED
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """`takes` tells what kind of field it stands on; None where it says nothing about that."""

    name: str
    about: str
    example: str
    parameters: tuple[Parameter, ...] = ()
    takes: FieldKind | None = None
    closes: bool = False  # nothing may follow it, since it makes no text


def _text(name: str, default: object = REQUIRED, choices: tuple[str, ...] = ()) -> Parameter:
    return Parameter(name, (str,), default, choices)


_LOCALE: Final = _text("locale", "")
_FITS: Final = ("contain", "cover", "stretch")

_ALL: Final = (
    Filter(
        "date",
        "A date, by a pattern (d MMMM yyyy) or as short, medium, long, full.",
        'due | date("d MMMM yyyy", locale="fr")',
        (_text("pattern", "long"), _LOCALE),
        FieldKind.DATE,
    ),
    Filter(
        "time",
        "The time of day of a moment, by a pattern (HH:mm) or as short, medium.",
        'start | time("HH:mm")',
        (_text("pattern", "short"), _LOCALE),
        FieldKind.DATE,
    ),
    Filter(
        "number",
        "A number with separators, with so many decimals or by a pattern (#,##0.00).",
        "size | number(2)",
        (Parameter("pattern", (int, str), ""), _LOCALE),
        FieldKind.NUMBER,
    ),
    Filter(
        "currency",
        "An amount of money in a currency (EUR, USD…).",
        'amount | currency("EUR")',
        (_text("code"), _LOCALE, Parameter("decimals", (int,), -1)),
        FieldKind.CURRENCY,
    ),
    Filter(
        "percent",
        "A share as a percentage: 0.25 is 25 %.",
        "rate | percent(1)",
        (Parameter("decimals", (int,), 0), _LOCALE),
        FieldKind.NUMBER,
    ),
    Filter(
        "round",
        "A number, rounded half up.",
        "size | round(2)",
        (Parameter("decimals", (int,), 0),),
        FieldKind.NUMBER,
    ),
    Filter("upper", "CAPITAL LETTERS.", "name | upper"),
    Filter("lower", "small letters.", "name | lower"),
    Filter("title", "Each Word With A Capital.", "name | title"),
    Filter("capitalize", "The first letter as a capital, the rest as written.", "x | capitalize"),
    Filter(
        "escape", "Nothing: values are never markup here. For templates written for Jinja.", "x"
    ),
    Filter("trim", "Without spaces around it.", "name | trim"),
    Filter(
        "truncate",
        "At most so many characters.",
        "note | truncate(80)",
        (Parameter("length", (int,)), _text("end", "…")),
    ),
    Filter(
        "replace",
        "One text replaced by another.",
        'phone | replace(" ", "")',
        (_text("old"), _text("new")),
    ),
    Filter(
        "default",
        "What to write where the row has nothing.",
        'title | default("Dear customer")',
        (Parameter("value", (str, int, float)),),
    ),
    Filter(
        "yesno",
        "One of two words.",
        'paid | yesno("paid", "open")',
        (_text("yes", "yes"), _text("no", "no")),
        FieldKind.BOOLEAN,
    ),
    Filter("checkbox", "☒ or ☐.", "agreed | checkbox", (), FieldKind.BOOLEAN),
    Filter(
        "join",
        "A list in one line.",
        'names | join(", ", last=" and ")',
        (_text("separator", ", "), _text("last", "")),
        FieldKind.LIST,
    ),
    Filter("length", "How many items, or characters.", "items | length"),
    Filter("first", "The first item of a list.", "names | first", (), FieldKind.LIST),
    Filter("last", "The last item of a list.", "names | last", (), FieldKind.LIST),
    Filter(
        "image",
        "A picture, in a box of that size.",
        "photo | image(width=40mm)",
        (
            Parameter("width", (Length,), None),
            Parameter("height", (Length,), None),
            _text("fit", "contain", _FITS),
            _text("alt", ""),
        ),
        FieldKind.IMAGE,
        closes=True,
    ),
    Filter(
        "link",
        "A web address to click on, with a text of its own if given.",
        'url | link("our site")',
        (_text("text", ""),),
        FieldKind.LINK,
        closes=True,
    ),
    Filter(
        "subdocument",
        "Another Word document, in place of the paragraph.",
        "annex | subdocument",
        (),
        FieldKind.SUBDOCUMENT,
        closes=True,
    ),
)
_NAMED: Final = {filter_.name: filter_ for filter_ in _ALL}
FILTERS: Final = _NAMED | {
    "e": _NAMED["escape"],
    "safe": _NAMED["escape"],
    "count": _NAMED["length"],
}
_NAMES: Final = ", ".join(filter_.name for filter_ in _ALL if filter_.name != "escape")
_ALSO: Final = {
    "uppercase": "upper", "lowercase": "lower", "strip": "trim",
    "datetime": "date", "format_date": "date", "money": "currency", "img": "image",
    "picture": "image", "url": "link", "hyperlink": "link", "d": "default", "if_empty": "default",
    "capfirst": "capitalize", "decimal": "number", "list": "join", "size": "length",
}  # fmt: skip


def check_filters(expression: Expression, *, makes_text: bool = False) -> None:
    """Raises BadTag for an unknown filter, a wrong argument, or a filter where none may stand.

    In conditions and loops (`makes_text`) there is no room for a picture.
    """
    for position, call in enumerate(expression.filters):
        found = FILTERS.get(call.name)
        if found is None:
            raise _unknown(call.name)
        bind(call)
        if found.closes and makes_text:
            message = f"“{call.name}” makes no value to compare or to go through."
            raise BadTag("documents.filter-argument", message, f"Use {{{{ … | {call.name} }}}}.")
        if found.closes and position < len(expression.filters) - 1:
            after = expression.filters[position + 1].name
            raise BadTag(
                "documents.filter-argument",
                f"“{after}” cannot follow “{call.name}”.",
                f"Put {call.name} last.",
            )


def bind(call: FilterCall) -> dict[str, Argument]:
    """Every parameter with its argument or default. Raises BadTag."""
    filter_ = FILTERS[call.name]
    given = _given(filter_, call)
    bound: dict[str, Argument] = {}
    for parameter in filter_.parameters:
        if parameter.name not in given and parameter.default is REQUIRED:
            raise _wrong(filter_, f"“{filter_.name}” needs {parameter.name}.")
        value = given.get(parameter.name, parameter.default)
        if parameter.name in given:
            _check(filter_, parameter, value)
        bound[parameter.name] = value  # type: ignore[assignment]  # defaults are arguments, too
    return bound


def _given(filter_: Filter, call: FilterCall) -> dict[str, object]:
    names = [parameter.name for parameter in filter_.parameters]
    if len(call.positional) > len(names):
        raise _wrong(filter_, f"“{filter_.name}” takes {len(names) or 'no'} argument(s).")
    given: dict[str, object] = dict(zip(names, call.positional, strict=False))
    for name, value in call.named:
        if name not in names:
            near = get_close_matches(name, names, 1, 0.6)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            raise _wrong(filter_, f"“{filter_.name}” has no argument “{name}”.{hint}")
        if name in given:
            raise _wrong(filter_, f"“{name}” is given twice.")
        given[name] = value
    return given


def _check(filter_: Filter, parameter: Parameter, value: object) -> None:
    fits = isinstance(value, parameter.types) and not isinstance(value, bool)
    if not fits:
        wanted = {int: "a number", float: "a number", str: "a text in quotes", Length: "a size"}
        raise _wrong(filter_, f"“{parameter.name}” must be {wanted[parameter.types[0]]}.")
    if parameter.choices and value not in parameter.choices:
        raise _wrong(filter_, f"“{parameter.name}” is one of {', '.join(parameter.choices)}.")
    if isinstance(value, Length) and not 0 < value.emu <= _LARGEST:
        raise _wrong(filter_, f"“{parameter.name}” must be between 0 and 55 cm.")
    if isinstance(value, int) and not -1 <= value <= _HIGHEST:
        raise _wrong(filter_, f"“{parameter.name}” is out of range.")


_HIGHEST: Final = 1_000  # decimals or characters
_LARGEST: Final = 22 * 914_400  # Word's largest page is 22 inches


def _unknown(name: str) -> BadTag:
    near = _ALSO.get(name) or next(iter(get_close_matches(name, FILTERS, 1, 0.6)), "")
    hint = f"Did you mean “{near}”?" if near else f"There are {_NAMES}."
    return BadTag("documents.filter-unknown", f"There is no filter “{name}”.", hint)


def _wrong(filter_: Filter, message: str) -> BadTag:
    return BadTag("documents.filter-argument", message, f"Example: {filter_.example}")
