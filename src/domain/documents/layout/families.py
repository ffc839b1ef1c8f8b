"""Which family stands in for one that is not there."""

from dataclasses import dataclass
from typing import Final

# Metric twins: every letter is as wide, every line as high, so nothing moves.
TWINS: Final = {
    "calibri": "Carlito",
    "cambria": "Caladea",
    "arial": "Liberation Sans",
    "helvetica": "Liberation Sans",
    "times new roman": "Liberation Serif",
    "times": "Liberation Serif",
    "courier new": "Liberation Mono",
    "courier": "Liberation Mono",
}
# Alike to the eye; lines may break elsewhere.
_ALIKE: Final = {
    "Carlito": (
        "aptos", "calibri light", "candara", "corbel", "segoe ui", "tahoma", "trebuchet ms",
        "lato", "open sans", "source sans pro", "gill sans mt", "optima", "myriad pro",
        "microsoft sans serif", "roboto", "noto sans", "ubuntu", "aptos display", "aptos narrow",
        "segoe ui light", "segoe ui semibold", "selawik", "fira sans", "cabin", "pt sans",
    ),
    "Liberation Sans": (
        "verdana", "helvetica neue", "univers", "arial unicode ms", "arial narrow", "arial black",
        "franklin gothic book", "franklin gothic medium", "century gothic", "futura", "avenir",
        "avenir next", "montserrat", "inter", "san francisco", "lucida grande", "lucida sans",
        "lucida sans unicode", "impact", "comic sans ms", "dejavu sans", "nimbus sans",
        "liberation sans narrow", "frutiger", "akzidenz grotesk", "swiss 721", "ms sans serif",
    ),
    "Caladea": (
        "constantia", "aptos serif", "rockwell", "sitka text", "sitka", "merriweather", "lora",
        "cambria math", "noto serif", "source serif pro", "charter",
    ),
    "Liberation Serif": (
        "georgia", "garamond", "eb garamond", "palatino", "palatino linotype", "book antiqua",
        "bookman old style", "century schoolbook", "century", "baskerville", "baskerville old face",
        "didot", "bodoni mt", "minion pro", "perpetua", "goudy old style", "hoefler text",
        "times roman", "tms rmn", "cg times", "dejavu serif", "nimbus roman", "ms serif",
        "high tower text", "calisto mt", "centaur", "playfair display", "pt serif",
    ),
    "Liberation Mono": (
        "consolas", "menlo", "monaco", "lucida console", "lucida sans typewriter", "aptos mono",
        "cascadia mono", "cascadia code", "source code pro", "dejavu sans mono", "andale mono",
        "inconsolata", "fira mono", "fira code", "jetbrains mono", "ubuntu mono", "ocr a extended",
        "letter gothic", "prestige elite", "nimbus mono",
    ),
}  # fmt: skip
_BY_NAME: Final = {name: family for family, names in _ALIKE.items() for name in names}
_HINTS: Final = (
    ("mono", "Liberation Mono"), ("typewriter", "Liberation Mono"), ("code", "Liberation Mono"),
    ("sans", "Liberation Sans"), ("gothic", "Liberation Sans"), ("grotesk", "Liberation Sans"),
    ("serif", "Liberation Serif"), ("roman", "Liberation Serif"), ("garamond", "Liberation Serif"),
    ("bodoni", "Liberation Serif"), ("slab", "Caladea"), ("script", "Liberation Serif"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Substitute:
    """`twin`: its letters are exactly as wide as those of the family asked for."""

    family: str
    twin: bool


def substitute_for(family: str) -> Substitute:
    """The shipped family that comes nearest to one that is not installed."""
    name = " ".join(family.lower().split())
    if name in TWINS:
        return Substitute(TWINS[name], twin=True)
    if name in _BY_NAME:
        return Substitute(_BY_NAME[name], twin=False)
    for hint, shipped in _HINTS:
        if hint in name:
            return Substitute(shipped, twin=False)
    return Substitute("Carlito", twin=False)
