"""How words stand next to each other: with a space, or without one as in Chinese or Thai."""

import re
from collections.abc import Iterable
from typing import Final

# Han, kana, Thai, Lao, Khmer, Burmese: no spaces between words. Korean has them.
_UNSPACED: Final = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_UNSPACED_CHAR: Final = re.compile(f"[{_UNSPACED}]")
_WIDE: Final = re.compile(f"[{_UNSPACED}\u3001-\u303f\uff00-\uff65]")
# One unspaced letter with its marks and the punctuation after it, or anything else unbroken.
_PIECE: Final = re.compile(
    f"[\u201c\u2018\u300c\u300e\uff08(]*[{_UNSPACED}][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*"
    f"[^\\w\\s\u300c\u300e\uff08(]*|[^{_UNSPACED}\\s]+"
)
_HIDDEN: Final = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\u00ad]")
_SPACES: Final = re.compile(r"\s+")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def split_words(text: str) -> list[str]:
    """Words in order; in scripts without spaces each letter is one."""
    if _UNSPACED_CHAR.search(text) is None:
        return text.split()
    return [piece for part in text.split() for piece in _PIECE.findall(part)]


def join_words(words: Iterable[str]) -> str:
    text = ""
    for word in words:
        glued = not text or (_WIDE.match(word) and _WIDE.match(text[-1]))
        text += word if glued else f" {word}"
    return text


def is_unspaced(text: str) -> bool:
    """It begins in a script that has no spaces."""
    return _UNSPACED_CHAR.match(text) is not None


def one_line(text: str) -> str:
    """Without line breaks, control characters, and marks that turn the direction of writing."""
    return _CONTROL.sub("", _SPACES.sub(" ", _HIDDEN.sub("", text))).strip()


def plain(word: str) -> str:
    """The letters and digits alone, whatever the case: what two hearings are compared by."""
    return "".join(each for each in word.casefold() if each.isalnum())
