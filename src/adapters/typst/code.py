"""Pieces of Typst code: strings, lengths, colours. Text only ever goes in as a string literal."""

import re
from typing import Final

_ESCAPED: Final = re.compile(r'["\\]|[\x00-\x1f\x7f]')
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# line breaks, and letters written from right to left: see `lines` of the runtime
_ODD: Final = re.compile(
    "[\n\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def string(text: str) -> str:
    """A string literal; what no document can hold is left out."""
    text = _UNWRITABLE.sub("", text)
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    letter = match[0]
    return f"\\{letter}" if letter in '"\\' else f"\\u{{{ord(letter):x}}}"


def writable(text: str) -> str:
    """Text without the letters no document can hold."""
    return _UNWRITABLE.sub("", text)


def is_odd(value: object) -> bool:
    """Whether it is text that is drawn as more than its letters."""
    return isinstance(value, str) and _ODD.search(value) is not None


def pt(size: float) -> str:
    """A length."""
    return f"{size:.3f}".rstrip("0").rstrip(".") + "pt" if abs(size) >= 0.0005 else "0pt"  # noqa: PLR2004


def color(value: str) -> str:
    return f'rgb("#{value}")'


def arguments(**named: str | None) -> str:
    """`name: code` pairs, without those that are None; underscores become hyphens."""
    return ", ".join(
        f"{name.replace('_', '-')}: {code}" for name, code in named.items() if code is not None
    )
