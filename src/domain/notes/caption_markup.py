"""Text of captions without their markup."""

import html
import re
from typing import Final

from domain.notes.writing import one_line

_MOST: Final = 200  # characters of one tag
_TAG: Final = re.compile(rf"</?[a-zA-Z][^<>]{{0,{_MOST}}}>|<\d[\d:.]{{0,20}}>")
_BRACES: Final = re.compile(rf"\{{[^{{}}]{{0,{_MOST}}}\}}")
_OVERRIDE: Final = re.compile(rf"\{{\\[^{{}}]{{0,{_MOST}}}\}}")
_VOICE: Final = re.compile(rf"<v(?:\.[\w.]{{1,60}})?\s([^<>]{{1,{_MOST}}})>")
_DRAWING: Final = re.compile(r"\{[^{}]*\\p[1-9]")
_LONGEST_NAME: Final = 80


def bare_text(text: str) -> str:
    """Of SubRip and WebVTT: tags, overrides and entities resolved, in one line."""
    return one_line(html.unescape(_TAG.sub("", _OVERRIDE.sub("", text))))


def ass_text(text: str) -> str:
    """Of ASS; a drawing has no text."""
    if _DRAWING.search(text):
        return ""
    broken = text.replace("\\N", " ").replace("\\n", " ").replace("\\h", " ")
    return one_line(_TAG.sub("", _BRACES.sub("", broken)))


def speaker_of(text: str) -> str | None:
    """Whom WebVTT names as the voice of a caption."""
    found = _VOICE.search(text)
    return (one_line(html.unescape(found[1]))[:_LONGEST_NAME] or None) if found else None
