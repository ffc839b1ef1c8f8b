"""Values of a row as their fields take them: a reader for each kind of field.

A reader takes a sheet's cell or a JSON value and answers what JSON carries; it raises BadValue.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from domain.documents.cell_values import CellLocale, shown, to_boolean, to_date, to_number

MAX_TEXT: Final = 100_000  # characters of one value
MAX_LINK: Final = 2_000
_LARGEST_EXPONENT: Final = 30
_TOLD_CHOICES: Final = 8
_LINK: Final = re.compile(r"(?i:https?://[^\s/]+\S*|mailto:\S+@\S+|tel:[+\d][\d\s().-]*)\Z")
_BARE_LINK: Final = re.compile(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?:/\S*)?\Z")
_ARTIFACT: Final = re.compile(r"artifact:[0-9a-fA-F-]{32,36}\Z")
_PICTURE: Final = re.compile(r"(?i:data:image/(?:png|jpeg|jpg|gif|webp|bmp|tiff);base64,)")
_FORMULA_TEXT: Final = re.compile(r'="([^"]*)"\Z')  # how Excel is told to leave zeros alone

_WHOLE: Final = re.compile(r"(?:0|-?[1-9]\d{0,14})\Z", re.ASCII)
_PLAIN: Final = re.compile(r"(?:0|-?[1-9]\d{0,14})(?:\.\d{1,12})?\Z", re.ASCII)

Read = Callable[[Any], object]


class BadValue(Exception):
    """A value is not what its field takes; `expected` completes “should be …”."""

    def __init__(self, code: str, expected: str) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected


def number_reader(locale: CellLocale) -> Read:
    plain = _WHOLE if locale.decimal == "," else _PLAIN

    def read(value: Any) -> str | int:
        if value.__class__ is str and plain.match(value):
            return str(value)  # written plainly already, as most are
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        number = value if isinstance(value, Decimal) else to_number(value, locale)
        if number is None or abs(number.adjusted()) > _LARGEST_EXPONENT:
            raise BadValue("row.not-a-number", f"a number like {locale.number_example}")
        return f"{number:f}"

    return read


def date_reader(locale: CellLocale) -> Read:
    def read(value: Any) -> str:
        day = to_date(value, locale)
        if day is None:
            raise BadValue("row.not-a-date", f"a date like {locale.date_example} or 2026-12-31")
        return day.isoformat()

    return read


def is_web_address(text: str) -> bool:
    return len(text) <= MAX_LINK and text.startswith(("https://", "http://"))


def picture_reader(*, urls: bool) -> Read:
    def read(value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if _ARTIFACT.match(text) or _PICTURE.match(text):
            return text
        if urls and is_web_address(text):
            return text
        web = ", or a web address" if urls else ""
        raise BadValue("row.not-a-picture", f"a picture as data URI or artifact:<id>{web}")

    return read


def choice_reader(choices: tuple[str, ...]) -> Read:
    exact = set(choices)
    folded = {choice.strip().casefold(): choice for choice in reversed(choices)}
    told = ", ".join(choices[:_TOLD_CHOICES]) + (", …" if len(choices) > _TOLD_CHOICES else "")

    def read(value: Any) -> str:
        text = as_text(value)
        chosen = text if text in exact else folded.get(text.casefold())
        if chosen is None:
            raise BadValue("row.not-a-choice", f"one of: {told}")
        return chosen

    return read


def as_text(value: Any) -> str:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("=") and (quoted := _FORMULA_TEXT.match(text)):
            text = quoted[1]
    elif isinstance(value, Decimal):
        text = f"{value:f}"
    elif isinstance(value, bool | int | float | date | datetime | time):
        text = shown(value)
    else:
        raise BadValue("row.not-a-text", "a text")
    if len(text) > MAX_TEXT:
        raise BadValue("row.too-long", f"at most {MAX_TEXT} characters")
    return text


def as_boolean(value: Any) -> bool:
    answer = to_boolean(value) if isinstance(value, str | int | float) else None
    if answer is None:
        raise BadValue("row.not-yes-or-no", "yes or no")
    return answer


def as_link(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if len(text) <= MAX_LINK and _LINK.match(text):
        return text
    if len(text) <= MAX_LINK and _BARE_LINK.match(text):
        return f"https://{text}"
    raise BadValue("row.not-a-link", "a web address, mailto: or tel:")


def as_artifact(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if _ARTIFACT.match(text):
        return text
    raise BadValue("row.not-an-artifact", "artifact:<id> of an uploaded document")


def as_mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _json(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise BadValue("row.not-an-object", "an object of named values")


def as_items(value: Any) -> list[Any]:
    """A list, or in a cell: JSON, or texts one a line or with semicolons between."""
    if isinstance(value, list | tuple):
        return list(value)
    text = as_text(value)
    if text.startswith("["):
        parsed = _json(text)
        if isinstance(parsed, list):
            return parsed
        raise BadValue("row.not-a-list", "a list")
    parts = text.splitlines() if "\n" in text else text.split(";")
    return [part.strip() for part in parts if part.strip()]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadValue("row.not-json", "valid JSON") from None
