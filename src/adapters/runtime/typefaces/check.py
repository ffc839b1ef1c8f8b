"""What the machine lacks for drawing PDF, told at start-up in words an operator can act on."""

import ctypes
import ctypes.util
from dataclasses import dataclass
from typing import Final

_PANGO: Final = (
    ("pango-1.0", "libpango-1.0-0"),
    ("pangoft2-1.0", "libpangoft2-1.0-0"),
    ("harfbuzz", "libharfbuzz0b"),
    ("fontconfig", "libfontconfig1"),
)
_SUBSET: Final = ("harfbuzz-subset", "libharfbuzz-subset0")


@dataclass(frozen=True, slots=True)
class Lack:
    """`severe`: the engine does not work at all; else it works badly."""

    package: str  # of Debian and Ubuntu
    effect: str
    severe: bool


def drawing_lacks() -> tuple[Lack, ...]:
    """What to install, and what happens without it; empty on a complete machine."""
    found = [
        Lack(package, "WeasyPrint, which draws what Typst does not, cannot start", severe=True)
        for library, package in _PANGO
        if not _loads(library)
    ]
    library, package = _SUBSET
    if not found and not _loads(library):
        effect = "WeasyPrint takes twelve times as long for every PDF"
        found.append(Lack(package, effect, severe=False))
    return tuple(found)


def _loads(library: str) -> bool:
    for name in (ctypes.util.find_library(library), f"lib{library}.so.0"):
        if name:
            try:
                ctypes.CDLL(name)
            except OSError:
                continue
            return True
    return False
