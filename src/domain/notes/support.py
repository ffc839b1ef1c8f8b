"""Whether a sentence somebody wrote is borne out by what was said; in doubt it is not.

No rule can tell a true paraphrase from a false one. These find what models get wrong most: numbers
that nobody said, a "not" that came or went, and sentences about something else.
"""

import re
from typing import Final

from domain.notes.writing import is_unspaced, plain, split_words

_NUMBER: Final = re.compile(r"\d+")
_BETWEEN: Final = re.compile(r"(?<=\d)[.,\u00a0\u202f' ](?=\d{3}\b)")  # of thousands
_STEM: Final = 4  # letters by which words of one family know each other
_LEAST: Final = 0.3  # of the telling words, said somewhere there
_NEGATIONS: Final = frozenset(
    (
        *("not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "without", "cannot"),
        *("nicht", "kein", "keine", "keinen", "keiner", "keinem", "nie", "niemals", "niemand"),
        *("pas", "jamais", "aucun", "aucune", "sans", "ni", "nunca", "jamás", "sin", "non", "mai"),
        *("não", "nem", "sem", "не", "нет", "ни", "никогда", "без", "niet", "geen", "nooit"),
    )
)
_SPELLED: Final = {
    word: str(number)
    for number, names in enumerate(
        (
            "zero null", "one ein eine eins", "two zwei", "three drei", "four vier", "five fünf",
            "six sechs", "seven sieben", "eight acht", "nine neun", "ten zehn", "eleven elf",
            "twelve zwölf", "thirteen dreizehn", "fourteen vierzehn", "fifteen fünfzehn",
            "sixteen sechzehn", "seventeen siebzehn", "eighteen achtzehn", "nineteen neunzehn",
        )
    )
    for word in names.split()
}  # fmt: skip
_TENS: Final = {
    word: number * 10
    for number, names in enumerate(
        (
            "twenty zwanzig", "thirty dreißig", "forty vierzig", "fifty fünfzig",
            "sixty sechzig", "seventy siebzig", "eighty achtzig", "ninety neunzig",
        ),
        start=2,
    )
    for word in names.split()
}  # fmt: skip


def numbers_in(text: str) -> frozenset[str]:
    """As digits, also those that are spelled out up to ninety-nine."""
    found = {each.lstrip("0") or "0" for each in _NUMBER.findall(_BETWEEN.sub("", text))}
    tens = 0
    for word in (plain(each) for each in text.replace("-", " ").split()):
        if word in _SPELLED:
            found.add(_SPELLED[word])
            if tens:
                found.add(str(tens + int(_SPELLED[word])))
        tens = _TENS.get(word, 0)
        found |= {str(tens)} if tens else set()
    return frozenset(found)


def has_said_numbers(text: str, said: str) -> bool:
    """Every number that is written in digits was said, in digits or words."""
    written = {each.lstrip("0") or "0" for each in _NUMBER.findall(_BETWEEN.sub("", text))}
    return written <= numbers_in(said)


def is_borne_out(text: str, said: str, *, translated: bool = False) -> bool:
    """`said` are the words it rests on. Of a translation only the numbers can be compared."""
    if not has_said_numbers(text, said):
        return False
    return translated or (_denies(text) == _denies(said) and is_about(text, said))


def is_about(text: str, said: str) -> bool:
    """Enough of its telling words, or their kin, were said."""
    mine, theirs = stems_of(text), stems_of(said)
    return not mine or len(mine & theirs) >= _LEAST * len(mine)


def _denies(text: str) -> bool:
    words = [plain(each) for each in split_words(text)]
    return any(word in _NEGATIONS or _contracted(word) for word in words) or any(
        each in text for each in "不没未無沒"
    )


def _contracted(word: str) -> bool:
    """don't, isn't, won't"""
    return len(word) > 3 and word.endswith("nt") and word[:-2] in _CONTRACTED  # noqa: PLR2004


_CONTRACTED: Final = frozenset(
    (
        *("do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "wo", "would"),
        *("ca", "could", "should", "must", "need", "might"),
    )
)


def stems_of(text: str) -> set[str]:
    """Of the words that are long enough to tell something."""
    found = set()
    for word in map(plain, split_words(text)):
        if word and is_unspaced(word):
            found.add(word)
        elif len(word) >= _STEM:
            found.add(word[:_STEM])
    return found
