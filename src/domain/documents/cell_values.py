"""Numbers, dates and yes or no, read from a cell as people of a place write them."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Final

from domain.documents.sheet import Cell


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONGEST: Final = 60  # characters of a number or a date
_TWO_DIGITS: Final = 69  # 00 to 68 are of this century, 69 to 99 of the last
_COMMA: Final = _words(
    "af az be bg bs ca cs da de el es et eu fi fr gl hr hu hy id is it ka kk lt lv mk nb nl nn no"
    " pl pt ro ru sk sl sq sr sv tr uk uz vi"
)
_POINT_DESPITE: Final = frozenset({"de-ch", "de-li", "it-ch", "es-mx", "es-us", "es-gt", "es-do"})
_MONTH_FIRST: Final = frozenset({"en-us", "en-ph", "es-us", "es-pr", "fil", "fil-ph"})
_YEAR_FIRST: Final = frozenset({"zh", "ja", "ko", "hu", "lt", "mn", "en-ca", "en-za", "fa", "eu"})

_SPACES: Final = " \u00a0\u202f\u2009\u2007"
_SIGN: Final = r"[A-Z]{3}|[A-Z]{0,2}[$€£¥₤₩₹₺₽₴₪₫₱฿]|Kč|kr\.?|zł|Fr\.|R(?=\d)"
_CURRENCY: Final = re.compile(rf"(?:\A|(?<=\A-))(?:{_SIGN})|(?:{_SIGN})\Z")
_POINT_NUMBER: Final = re.compile(
    rf"(?:\d+|\d{{1,3}}(?:[,'’{_SPACES}]\d{{2,3}})*[,'’{_SPACES}]\d{{3}})?(?:\.\d*)?\Z"
)
_COMMA_NUMBER: Final = re.compile(rf"(?:\d+|\d{{1,3}}(?:[.'’{_SPACES}]\d{{3}})+)?(?:,\d*)?\Z")
_NO_GROUPS: Final = dict.fromkeys(map(ord, f",'’{_SPACES}"))
_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?[eE][+-]?\d{1,3}\Z")
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_NUMERIC_DATE: Final = re.compile(r"(\d{1,4})(?:[./-]\s?)(\d{1,2})(?:[./-]\s?)(\d{1,4})\.?\Z")
_NAMED_DATE: Final = re.compile(
    r"(?:[^\W\d_]+,?\s+)?(?:(\d{1,2})(?:\.|st|nd|rd|th|er)?[\s-]*(?:de\s+)?)?([^\W\d_]{3,})\.?[\s,-]*"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?,\s*)?(?:de\s+|del\s+)?(\d{4})\Z"
)
_TIME: Final = re.compile(
    r"[T\s,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?\Z"
)
_MONTHS: Final = (
    "january february march april may june july august september october november december",
    "januar februar maerz april mai juni juli august september oktober november dezember",
    "jaenner feber marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
)
_YES: Final = _words(  # English, German, Dutch, French; Spanish, Portuguese, Italian
    "yes y true t 1 x on ok ja j wahr oui o vrai si sim s verdadero verdadeiro vero v ✓ ✔ ☑ ☒"
)
_NO: Final = _words("no n false f 0 off nein falsch non faux nao falso nee onwaar ✗ ✘ ☐")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLocale:
    """How numbers and dates are written; the default is 1,234.56 and day before month.

    ISO dates, spaces and apostrophes between thousands are understood everywhere.
    """

    decimal: str = "."
    date_order: str = "dmy"

    @classmethod
    def of(cls, tag: str | None) -> "CellLocale":
        """For a language tag: “de”, “en-US”, “pt_BR”; an unknown one means the default."""
        tag = (tag or "").replace("_", "-").lower()
        language = tag.partition("-")[0]
        comma = language in _COMMA and tag not in _POINT_DESPITE
        order = "dmy"
        if tag in _MONTH_FIRST:
            order = "mdy"
        elif tag in _YEAR_FIRST or language in _YEAR_FIRST:
            order = "ymd"
        return cls(decimal="," if comma else ".", date_order=order)

    @property
    def number_example(self) -> str:
        return "1.234,56" if self.decimal == "," else "1,234.56"

    @property
    def date_example(self) -> str:
        return {"dmy": "31/12/2026", "mdy": "12/31/2026", "ymd": "2026/12/31"}[self.date_order]


DEFAULT_LOCALE: Final = CellLocale()


def shown(cell: Cell) -> str:
    """The cell as text, as people see it: no .0 behind whole numbers, no midnight behind dates."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.15g}" if abs(cell) < 1e15 else f"{cell:.0f}"  # noqa: PLR2004
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    return str(cell)


def to_number(cell: Cell, locale: CellLocale) -> Decimal | None:
    """None when it is no number. Currency signs are passed over, a percentage is a share."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Decimal(shown(cell)) if isfinite(cell) else None
    if not isinstance(cell, str) or len(cell) > _LONGEST:
        return None
    text, sign, share = _bare(cell)
    pattern = _COMMA_NUMBER if locale.decimal == "," else _POINT_NUMBER
    if _SCIENTIFIC.match(text):
        text = text.replace(",", ".")
    elif pattern.match(text) and any(map(str.isdigit, text)):
        if locale.decimal == ",":
            text = text.replace(".", "").replace(",", ".")
        text = text.translate(_NO_GROUPS)
    else:
        return None
    return sign * Decimal(text) / share if share > 1 else sign * Decimal(text)


def _bare(text: str) -> tuple[str, int, int]:
    """Digits and separators, the sign, and 100 for a percentage."""
    text, sign, share = _western(text.strip()).replace("\u2212", "-"), 1, 1
    if text.startswith("(") and text.endswith(")"):
        text, sign = text[1:-1], -1
    if text.endswith("%"):
        text, share = text[:-1], 100
    if not (text[:1].isdigit() and text[-1:].isdigit()):
        text = _CURRENCY.sub("", text, count=1).strip(_SPACES)
    if text.startswith("-") or text.endswith("-"):
        sign = -sign
    text = text.removeprefix("-").removeprefix("+")
    return text.removesuffix("-").strip(_SPACES), sign, share


def _western(text: str) -> str:
    """Digits of any script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def to_date(cell: Cell, locale: CellLocale) -> date | datetime | None:
    """None when it is no date, or none that exists."""
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str) or len(cell) > _LONGEST:
        return None
    text = _western(cell.strip())
    clock = _TIME.search(text) if ":" in text else None
    try:
        day = _day(text[: clock.start()] if clock else text, locale)
        if day is None or clock is None:
            return day
        return datetime.combine(day, _clock(clock))
    except ValueError:
        return None


def _day(text: str, locale: CellLocale) -> date | None:
    if found := _ISO.match(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMERIC_DATE.match(text):
        return _numeric_day(found[1], found[2], found[3], locale.date_order)
    if found := _NAMED_DATE.match(text):
        month = _month(found[2])
        day = found[1] or found[3]
        return date(int(found[4]), month, int(day)) if month and day else None
    return None


def _numeric_day(first: str, second: str, third: str, order: str) -> date | None:
    if len(first) > 2:  # noqa: PLR2004 - a year comes first wherever it is written in full
        return date(_year(first), int(second), int(third))
    if order == "ymd" and len(third) <= 2:  # noqa: PLR2004
        return date(_year(first), int(second), int(third))
    month, day = (first, second) if order == "mdy" else (second, first)
    return date(_year(third), int(month), int(day))


def _year(text: str) -> int:
    if len(text) == 4:  # noqa: PLR2004
        return int(text)
    if len(text) != 2:  # noqa: PLR2004
        raise ValueError(text)
    return int(text) + (2000 if int(text) < _TWO_DIGITS else 1900)


def _clock(found: re.Match[str]) -> time:
    hour = int(found[1])
    if half := (found[4] or "").lower():
        if not 1 <= hour <= 12:  # noqa: PLR2004
            raise ValueError(found[0])
        hour = hour % 12 + 12 * half.startswith("p")
    return time(hour, int(found[2]), int(found[3] or 0))


def _month(word: str) -> int:
    return _MONTH_NUMBERS.get(_plain(word), 0)


def _plain(word: str) -> str:
    word = word.casefold()
    if word.isascii():
        return word
    word = word.replace("ä", "ae")
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _month_numbers() -> dict[str, int]:
    """Names and their beginnings of three letters or more that mean one month everywhere."""
    found: dict[str, set[int]] = {}
    for names in _MONTHS:
        for number, name in enumerate(names.split(), 1):
            for length in range(3, len(name) + 1):
                found.setdefault(name[:length], set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}


_MONTH_NUMBERS: Final = _month_numbers()


def to_boolean(cell: Cell) -> bool | None:
    """None when it is neither yes nor no, in a handful of languages."""
    if isinstance(cell, bool):
        return cell
    word = _plain(shown(cell).strip())
    if word in _YES:
        return True
    return False if word in _NO else None
