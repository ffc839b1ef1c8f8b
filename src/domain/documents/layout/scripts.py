"""Which script a letter belongs to, as word processors split text: latin, asian, complex."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

_COMPLEX: Final = (
    (0x0590, 0x08FF), (0x0900, 0x109F), (0x1780, 0x17FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF),
    (0x10800, 0x10FFF), (0x1E800, 0x1EFFF),
)  # fmt: skip
_ASIAN: Final = (
    (0x1100, 0x11FF), (0x2E80, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x1F200, 0x1F2FF), (0x20000, 0x3FFFF),
)  # fmt: skip
_RTL: Final = (
    (0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF), (0x10800, 0x10FFF), (0x1E800, 0x1EFFF),
)  # fmt: skip
_RANGES: Final = sorted(
    [(*pair, "complex") for pair in _COMPLEX] + [(*pair, "asian") for pair in _ASIAN]
)
_STARTS: Final = [first for first, _, _ in _RANGES]
_PLAIN: Final = 0x0590  # everything below is latin


def script_of(letter: str) -> str:
    """latin, asian or complex; "" for what takes the script of its neighbour."""
    code = ord(letter)
    if code >= _PLAIN:
        at = bisect_right(_STARTS, code) - 1
        if at >= 0 and code <= _RANGES[at][1]:
            return _RANGES[at][2]
    return "latin" if letter.isalnum() else ""


def spans(text: str) -> Iterator[tuple[str, str]]:
    """(script, piece) from left to right; spaces and signs go with what stands before them."""
    if text.isascii():
        yield "latin", text
        return
    start, script = 0, ""
    for at, letter in enumerate(text):
        found = script_of(letter)
        if found and script and found != script:
            yield script, text[start:at]
            start = at
        script = found or script
    if start < len(text):
        yield script or "latin", text[start:]


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is Hebrew, Arabic or of their kin."""
    for letter in text:
        if any(first <= ord(letter) <= last for first, last in _RTL):
            return True
        if letter.isalpha():
            return False
    return False
