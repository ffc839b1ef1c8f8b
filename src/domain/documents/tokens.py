"""Cuts the inside of a tag into names, signs, numbers and quoted texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.documents.grammar import EMU_PER_UNIT, Argument, Length

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<string>["“”„][^"“”„]*["“”„]|['‘’‚][^'‘’‚]*['‘’‚])   # Word bends the quotes
    | (?P<number>-?\d+(?:\.\d+)?)(?P<unit>mm|cm|in|pt|px)?(?!\w)
    | (?P<path>[^\W\d]\w*(?:\.\w+|\[\s*(?:\d+|["'“”‘’]\w+["'“”‘’])\s*\])*)
    | (?P<sign>==|!=|<>|<=|>=|[<>=≤≥≠|(),])
    )""",
    re.VERBOSE,
)
_NAME: Final = re.compile(r"\w+")


class BadTag(Exception):
    """A tag that breaks the grammar; `code` is public, `hint` says what to write instead."""

    def __init__(self, code: str, message: str, hint: str = "", near: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.near = code, message, hint, near


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # string | number | length | path | sign | end
    text: str
    value: Argument = None


def tokens(text: str) -> Iterator[Token]:
    position, text = 0, text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _unreadable(text[position:].strip())
        position = found.end()
        yield _token(found)
    yield Token("end", "")


def _token(found: re.Match[str]) -> Token:
    if found["string"] is not None:
        return Token("string", found["string"], found["string"][1:-1])
    if found["unit"] is not None:
        emu = round(float(found["number"]) * EMU_PER_UNIT[found["unit"]])
        return Token("length", found["number"] + found["unit"], Length(emu))
    if found["number"] is not None:
        number = found["number"]
        return Token("number", number, float(number) if "." in number else int(number))
    if found["path"] is not None:
        return Token("path", ".".join(_NAME.findall(found["path"])))  # items[0] is items.0
    return Token("sign", found["sign"])


def _unreadable(rest: str) -> BadTag:
    first = rest[:1]
    hints = {
        "[": "Lists come from the row: write their name.",
        "-": "Names have no hyphen (write first_name), and there is no arithmetic.",
        "'": "A quote is not closed.",
        '"': "A quote is not closed.",
    }
    hint = hints.get(first, "A tag is a name, dots, and filters behind |.")
    return BadTag("documents.tag-unreadable", f"“{rest[:40]}” cannot be read.", hint)
