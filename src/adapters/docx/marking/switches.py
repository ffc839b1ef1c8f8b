"""Turns the switches of a Word field (for dates, numbers and case) into filters."""

import re
from itertools import pairwise
from typing import Final

from domain.documents.grammar import FilterCall

_CASES: Final = {"upper": "upper", "lower": "lower", "caps": "title", "firstcap": "capitalize"}
_LOOKS: Final = frozenset({"mergeformat", "charformat", "mergeformatinet"})
_DATE_PIECE: Final = re.compile(r"'[^']*'|[dD]+|M+|[yY]+|[hH]+|m+|[sS]+|(?i:am/pm)|.", re.DOTALL)
_DAYS: Final = {1: "d", 2: "dd", 3: "EEE"}


class UnknownSwitch(Exception):
    """A switch that changes what a field shows in a way we do not know."""


def filters_of(arguments: list[str]) -> tuple[FilterCall, ...]:
    """Raises UnknownSwitch. `arguments` are those behind the field's name."""
    found: list[FilterCall] = []
    rest = iter(arguments)
    for word in rest:
        if word == "\\@":
            found.append(FilterCall("date", (date_pattern(next(rest, "")),)))
        elif word == "\\#":
            found.append(FilterCall("number", (number_pattern(next(rest, "")),)))
        elif word == "\\*":
            case = next(rest, "").lower()
            if case in _CASES:
                found.append(FilterCall(_CASES[case]))
            elif case not in _LOOKS:
                raise UnknownSwitch(f"\\* {case}")
        elif word in {"\\b", "\\f"}:
            next(rest, "")
    return tuple(found)


def around(arguments: list[str]) -> tuple[str, str]:
    """The texts a field writes before and after itself when it has a value."""
    found = {"\\b": "", "\\f": ""}
    for switch, text in pairwise(arguments):
        if switch in found:
            found[switch] = text
    return found["\\b"], found["\\f"]


def date_pattern(picture: str) -> str:
    """Word's date picture as a CLDR pattern: dddd is a weekday's name, AM/PM is a."""
    return "".join(_date_piece(piece) for piece in _DATE_PIECE.findall(picture))


def _date_piece(piece: str) -> str:
    first = piece[0].lower()
    if first == "d":
        return _DAYS.get(len(piece), "EEEE")
    if first == "y":
        return "yyyy" if len(piece) > len("yy") else "yy"
    if first == "s":
        return piece.lower()
    if first in {"m", "h", "'"}:
        return piece
    if piece.lower() == "am/pm":
        return "a"
    return f"'{piece}'" if piece.isalpha() else piece


def number_pattern(picture: str) -> str:
    """Word's number picture as a CLDR pattern; a picture written with a decimal comma is turned."""
    if re.search(r"\.[#0x]{3}(?:\D|$)", picture) and re.search(r",[0#x]+(?:\D|$)", picture):
        picture = picture.translate(str.maketrans(".,", ",."))
    elif re.search(r"^[^.]*,[0#x]{1,2}(?:[^0#x,]|$)", picture):
        picture = picture.replace(",", ".")
    pattern = picture.replace("x", "#")
    return re.sub(r"[%‰¤]", r"'\g<0>'", pattern)
