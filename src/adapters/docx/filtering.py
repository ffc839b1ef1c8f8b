"""Makes functions of the filters in a tag; what they mean is in `domain.documents.filters`."""

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from adapters.docx.formats import (
    currency_formatter,
    date_formatter,
    number_formatter,
    percent_formatter,
    time_formatter,
)
from adapters.docx.options import FillOptions
from domain.documents.filters import bind
from domain.documents.grammar import Argument, FilterCall
from domain.documents.values import says_yes, to_number

Step = Callable[[object], object]
_Make = Callable[[Mapping[str, Argument], FillOptions], Step]


class NotText(ValueError):
    """A value that cannot stand in a line of text."""


def step_of(call: FilterCall, options: FillOptions) -> Step:
    """A filter that makes text or a plain value of one. Raises BadFormat.

    What it returns raises NotANumber, NotADate or NotText.
    """
    return _STEPS[call.name](bind(call), options)


def to_text(value: object) -> str:
    """As it is written where no filter says otherwise. Raises NotText for a group of values."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))  # sheets give every number as a float
    if isinstance(value, int | float | date | time):
        return str(value)
    if isinstance(value, list | tuple):
        return ", ".join(to_text(item) for item in value)
    raise NotText("it is a group of values, not one")


_EXACT: Final = 2**53


def _date(given: Mapping[str, Argument], options: FillOptions) -> Step:
    locale = str(given["locale"] or options.locale)
    return date_formatter(str(given["pattern"]), locale, day_first=options.day_first)


def _time(given: Mapping[str, Argument], options: FillOptions) -> Step:
    locale = str(given["locale"] or options.locale)
    return time_formatter(str(given["pattern"]), locale, day_first=options.day_first)


def _number(given: Mapping[str, Argument], options: FillOptions) -> Step:
    pattern = given["pattern"]
    shown = pattern if isinstance(pattern, int) else str(pattern)
    return number_formatter(shown, str(given["locale"] or options.locale))


def _currency(given: Mapping[str, Argument], options: FillOptions) -> Step:
    locale = str(given["locale"] or options.locale)
    return currency_formatter(str(given["code"]).upper(), locale, _whole(given["decimals"]))


def _percent(given: Mapping[str, Argument], options: FillOptions) -> Step:
    return percent_formatter(_whole(given["decimals"]), str(given["locale"] or options.locale))


def _round(given: Mapping[str, Argument], _options: FillOptions) -> Step:
    unit = Decimal(1).scaleb(-max(_whole(given["decimals"]), 0))
    return lambda value: to_number(value).quantize(unit, ROUND_HALF_UP)


def _truncate(given: Mapping[str, Argument], _options: FillOptions) -> Step:
    length, end = _whole(given["length"]), str(given["end"])

    def step(value: object) -> str:
        text = to_text(value)
        return text if len(text) <= length else text[: max(length - len(end), 0)].rstrip() + end

    return step


def _replace(given: Mapping[str, Argument], _options: FillOptions) -> Step:
    old, new = str(given["old"]), str(given["new"])
    return lambda value: to_text(value).replace(old, new) if old else to_text(value)


def _yesno(given: Mapping[str, Argument], _options: FillOptions) -> Step:
    return lambda value: str(given["yes"] if says_yes(value) else given["no"])


def _join(given: Mapping[str, Argument], _options: FillOptions) -> Step:
    separator, last = str(given["separator"]), str(given["last"])

    def step(value: object) -> str:
        items = [to_text(item) for item in value] if isinstance(value, list | tuple) else None
        if items is None:
            return to_text(value)
        if last and len(items) > 1:
            return separator.join(items[:-1]) + last + items[-1]
        return separator.join(items)

    return step


def _on_text(change: Callable[[str], str]) -> _Make:
    return lambda _given, _options: lambda value: change(to_text(value))


def _always(step: Step) -> _Make:
    return lambda _given, _options: step


def _length(value: object) -> object:
    return len(value) if isinstance(value, str | list | tuple | Mapping) else 0


def _end(position: int) -> Step:
    def step(value: object) -> object:
        if isinstance(value, list | tuple | str):
            return value[position] if value else None
        return value

    return step


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _title(text: str) -> str:
    """Not str.title, which capitalises after every apostrophe: O'Brien's."""
    return "".join(
        letter.upper() if at == 0 or text[at - 1].isspace() or text[at - 1] == "-" else letter
        for at, letter in enumerate(text.lower())
    )


def _whole(value: Argument) -> int:
    return value if isinstance(value, int) else -1


_STEPS: Final[dict[str, _Make]] = {
    "date": _date,
    "time": _time,
    "number": _number,
    "currency": _currency,
    "percent": _percent,
    "round": _round,
    "upper": _on_text(str.upper),
    "lower": _on_text(str.lower),
    "title": _on_text(_title),
    "capitalize": _on_text(_capitalize),
    "trim": _on_text(str.strip),
    "escape": _always(lambda value: value),
    "e": _always(lambda value: value),
    "safe": _always(lambda value: value),
    "truncate": _truncate,
    "replace": _replace,
    "yesno": _yesno,
    "checkbox": _always(lambda value: "☒" if says_yes(value) else "☐"),
    "join": _join,
    "length": _always(_length),
    "count": _always(_length),
    "first": _always(_end(0)),
    "last": _always(_end(-1)),
}
