"""Numbers as lists and pages write them."""

from collections.abc import Callable
from typing import Final

_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ONES: Final = (  # noqa: SIM905  a sentence reads better than its words in quotes
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_RUSSIAN: Final = "абвгдежзиклмнопрстуфхцчшщыэюя"
_HEBREW: Final = "אבגדהוזחטיכלמנסעפצקרשת"
_ARABIC: Final = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي"
_CHINESE: Final = "〇一二三四五六七八九"
_CIRCLED: Final = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_SYMBOLS: Final = "*†‡§"


def formatted(number: int, kind: str) -> str:
    """The number in a format of WordprocessingML; digits where the format is unknown."""
    write = _FORMATS.get(kind)
    return str(number) if write is None or number < 0 else write(number)


def is_known_format(kind: str) -> bool:
    return kind in _FORMATS


def roman(number: int) -> str:
    """Lower-case; digits beyond what Romans wrote."""
    if not 0 < number < 4000:  # noqa: PLR2004
        return str(number)
    written = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        written += letters * count
    return written


def _repeated(letters: str) -> Callable[[int], str]:
    """a, b … z, aa, bb …: word processors repeat the letter."""

    def write(number: int) -> str:
        if number == 0:
            return ""
        rounds, at = divmod(number - 1, len(letters))
        return letters[at] * min(rounds + 1, 20)

    return write


def _words(number: int) -> str:
    if number < 20:  # noqa: PLR2004
        return _ONES[number]
    if number < 100:  # noqa: PLR2004
        tens, ones = divmod(number, 10)
        return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")
    for value, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= value:
            count, rest = divmod(number, value)
            return f"{_words(count)} {name}" + (f" {_words(rest)}" if rest else "")
    return str(number)


def _ordinal_words(number: int) -> str:
    head, hyphen, last = _words(number).rpartition("-")
    start, space, word = last.rpartition(" ")
    ending = _ORDINALS.get(word) or (f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th")
    return f"{head}{hyphen}{start}{space}{ending}"


def _ordinal(number: int) -> str:
    teens = 10 < number % 100 < 14  # noqa: PLR2004
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _capitalised(write: Callable[[int], str]) -> Callable[[int], str]:
    return lambda number: write(number).capitalize()


def _upper(write: Callable[[int], str]) -> Callable[[int], str]:
    return lambda number: write(number).upper()


def _chinese(number: int) -> str:
    if number < 10:  # noqa: PLR2004
        return _CHINESE[number]
    if number >= 100:  # noqa: PLR2004
        return "".join(_CHINESE[int(digit)] for digit in str(number))
    tens, ones = divmod(number, 10)
    return (_CHINESE[tens] if tens > 1 else "") + "十" + (_CHINESE[ones] if ones else "")


def _circled(number: int) -> str:
    return _CIRCLED[number - 1] if 0 < number <= len(_CIRCLED) else str(number)


_letters: Final = _repeated("abcdefghijklmnopqrstuvwxyz")
_FORMATS: Final[dict[str, Callable[[int], str]]] = {
    "decimal": str,
    "decimalZero": lambda number: f"{number:02}",
    "lowerRoman": roman,
    "upperRoman": _upper(roman),
    "lowerLetter": _letters,
    "upperLetter": _upper(_letters),
    "ordinal": _ordinal,
    "cardinalText": _capitalised(_words),
    "ordinalText": _capitalised(_ordinal_words),
    "hex": lambda number: f"{number:X}",
    "chicago": _repeated(_SYMBOLS),
    "none": lambda number: "",
    "bullet": lambda number: "",
    "russianLower": _repeated(_RUSSIAN),
    "russianUpper": _upper(_repeated(_RUSSIAN)),
    "hebrew1": _repeated(_HEBREW),
    "hebrew2": _repeated(_HEBREW),
    "arabicAlpha": _repeated(_ARABIC),
    "numberInDash": lambda number: f"- {number} -",
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalFullWidth": lambda number: "".join(chr(0xFF10 + int(d)) for d in str(number)),
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "ideographDigital": lambda number: "".join(_CHINESE[int(digit)] for digit in str(number)),
    "japaneseCounting": _chinese,
    "taiwaneseCounting": _chinese,
}
