"""Times as people and caption files write them; the only place that formats or reads them."""

import re
from typing import Final

_HOUR, _MINUTE, _SECOND = 3_600_000, 60_000, 1_000
_CLOCK: Final = re.compile(r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?")


def clock(ms: int) -> str:
    """h:mm:ss, whole seconds gone by; hours grow as they must: 0:00:07, 1:02:03, 100:00:00."""
    ms = max(ms, 0)
    return f"{ms // _HOUR}:{ms // _MINUTE % 60:02}:{ms // _SECOND % 60:02}"


def subrip(ms: int) -> str:
    """HH:MM:SS,mmm"""
    return _exact(ms, ",")


def webvtt(ms: int) -> str:
    """HH:MM:SS.mmm"""
    return _exact(ms, ".")


def read_clock(text: str) -> int | None:
    """Milliseconds of `[h:]mm:ss[.mmm]`, with comma or point; None where it is no time."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds, fraction = found.groups()
    if int(seconds) >= 60 or (hours is not None and int(minutes) >= 60):  # noqa: PLR2004
        return None
    whole = int(hours or 0) * _HOUR + int(minutes) * _MINUTE + int(seconds) * _SECOND
    return whole + int((fraction or "0").ljust(3, "0"))


def _exact(ms: int, point: str) -> str:
    ms = max(ms, 0)
    hours, minutes, seconds = ms // _HOUR, ms // _MINUTE % 60, ms // _SECOND % 60
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms % 1000:03}"
