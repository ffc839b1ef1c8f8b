"""Values of a row: found by path, and read as numbers, dates, yes or no, whoever wrote them."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final

from domain.documents.grammar import Path

_NO: Final = frozenset({"", "0", "false", "no", "n", "off", "☐"})
_ISO: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?\Z"
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})\Z")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\Z")
_PLAIN: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\Z")
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}([ '’.,\u00a0\u202f])\d{3}(?:\1\d{3})*(?:([.,])\d+)?\Z")
_COMMA: Final = re.compile(r"[+-]?\d+,\d+\Z")
_LONGEST: Final = 40  # characters of a number or a date


class NotANumber(ValueError):
    """The value cannot be read as a number."""


class NotADate(ValueError):
    """The value cannot be read as a date."""


def find(row: Mapping[str, object], path: Path) -> object:
    """The value at a path, None where there is none. Only mappings and lists are entered.

    A sheet's column may be called `client.name`: the whole name is tried first.
    """
    segments = path.segments
    if len(segments) == 1:
        return row.get(segments[0])
    whole = row.get(".".join(segments))
    if whole is not None:
        return whole
    value: object = row
    for segment in segments:
        if isinstance(value, Mapping):
            value = value.get(segment)
        elif isinstance(value, Sequence) and not isinstance(value, str) and segment.isdecimal():
            at = int(segment)
            value = value[at] if at < len(value) else None
        else:
            return None
    return value


def is_given(value: object) -> bool:
    """An empty cell is no value; zero and False are."""
    return value is not None and value != "" and not (isinstance(value, str) and value.isspace())


def says_yes(value: object) -> bool:
    """For a field that is a yes or no: a sheet's "no", "false" and "0" are no."""
    return value.strip().casefold() not in _NO if isinstance(value, str) else bool(value)


def to_number(value: object) -> Decimal:
    """Raises NotANumber. A decimal comma and groups are understood; “1,234” is a thousand."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise NotANumber(str(value)[:_LONGEST])
    text = str(value).strip() if not isinstance(value, str) else value.strip()
    if len(text) > _LONGEST and not isinstance(value, float | Decimal):
        raise NotANumber(text[:_LONGEST])
    if not _PLAIN.match(text):
        text = _without_groups(text)
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise NotANumber(text[:_LONGEST]) from error
    if not number.is_finite():
        raise NotANumber(text)
    return number


def to_date(value: object, *, day_first: bool = True) -> date | datetime:
    """Raises NotADate. ISO 8601, 31.12.2026, 31/12/2026 (or month first when told so)."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise NotADate(str(value)[:_LONGEST])
    text = value.strip()
    try:
        return _read_date(text, day_first)
    except ValueError as error:
        raise NotADate(text) from error


def _read_date(text: str, day_first: bool) -> date | datetime:  # noqa: FBT001
    if iso := _ISO.match(text):
        day = date(int(iso[1]), int(iso[2]), int(iso[3]))
        return datetime.combine(day, time.fromisoformat(iso[4])) if iso[4] else day
    if found := _YEAR_FIRST.match(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_LAST.match(text):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        european = day_first or "." in text
        return date(year, second, first) if european else date(year, first, second)
    raise ValueError(text)


def _without_groups(text: str) -> str:
    if found := _GROUPED.match(text):
        group, decimal = found[1], found[2]
        if group == decimal:
            raise NotANumber(text)
        bare = text.replace(group, "")
        return bare.replace(decimal, ".") if decimal else bare
    if _COMMA.match(text):
        return text.replace(",", ".")
    raise NotANumber(text[:_LONGEST])
