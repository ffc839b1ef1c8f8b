"""Finds fonts: the shipped ones first, then the system's; says what stands in for the rest."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from adapters.runtime.typefaces.face import Face, NotAFont

SHIPPED: Final = Path(__file__).parent / "fonts"
_SYSTEM: Final = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts",
    "/Library/Fonts", "/System/Library/Fonts", "~/Library/Fonts",
)  # fmt: skip
_SUFFIXES: Final = frozenset({".ttf", ".otf", ".ttc", ".otc"})
_BIGGEST: Final = 64 << 20  # bytes; no font anyone sets text in is larger
_PROBES: Final = (  # a letter for each script that Latin fonts lack, and what to look for first
    ("中", ("Noto Sans CJK SC", "Noto Serif CJK SC", "WenQuanYi Zen Hei", "Droid Sans Fallback")),
    ("あ", ("Noto Sans CJK JP", "Noto Serif CJK JP", "IPAexGothic", "TakaoGothic")),
    ("한", ("Noto Sans CJK KR", "Noto Serif CJK KR", "NanumGothic", "UnDotum")),
    ("ع", ("Noto Naskh Arabic", "Noto Sans Arabic", "Amiri", "DejaVu Sans")),
    ("א", ("Liberation Sans", "Noto Sans Hebrew", "DejaVu Sans")),
    ("अ", ("Noto Sans Devanagari", "Lohit Devanagari", "FreeSans")),
    ("ก", ("Noto Sans Thai", "Loma", "Garuda", "FreeSans")),
    ("✓", ("DejaVu Sans", "Noto Sans Symbols2", "OpenSymbol", "FreeSans")),
    ("☒", ("DejaVu Sans", "Noto Sans Symbols2", "OpenSymbol", "FreeSans")),
)


@dataclass(frozen=True, slots=True, eq=False)
class FontBook:
    """Faces by family name in lower case. Of two fonts of one name the first found stays."""

    faces: dict[str, tuple[Face, ...]]

    def has(self, family: str) -> bool:
        return _key(family) in self.faces

    def name(self, family: str) -> str:
        """The family as the font itself spells it."""
        return self.faces[_key(family)][0].family

    def face(self, family: str, *, bold: bool = False, italic: bool = False) -> Face | None:
        """The nearest face of a family; None when there is no such family."""
        faces = self.faces.get(_key(family))
        if not faces:
            return None
        wanted = 700 if bold else 400
        return min(faces, key=lambda face: (face.italic != italic, abs(face.weight - wanted)))

    def draws(self, letter: str) -> bool:
        """Whether any font has it."""
        return any(face.has(letter) for faces in self.faces.values() for face in faces)

    def fallbacks(self) -> tuple[str, ...]:
        """Families for scripts that the usual fonts lack, as far as the system has them."""
        found: dict[str, None] = {}
        for letter, names in _PROBES:
            for name in names:
                face = self.face(name)
                if face is not None and face.has(letter):
                    found.setdefault(face.family)
                    break
        return tuple(found)


def _key(family: str) -> str:
    return " ".join(family.lower().split())


@cache
def font_book(*, system: bool = True) -> FontBook:
    """The shipped fonts and, unless told otherwise, the system's. Reads each file once."""
    faces: dict[str, list[Face]] = {}
    shipped = {face.family for face in _faces(_files([SHIPPED]))}
    for face in _faces(_files([SHIPPED, *(_system_folders() if system else ())])):
        if face.family not in shipped or face.path.parent == SHIPPED:
            faces.setdefault(_key(face.family), []).append(face)
    return FontBook({family: tuple(found) for family, found in faces.items()})


def _system_folders() -> Iterator[Path]:
    for folder in _SYSTEM:
        path = Path(folder)
        if folder.startswith("~"):
            home = os.environ.get("HOME")
            if not home:
                continue
            path = Path(home) / folder[2:]
        yield path


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in _SUFFIXES and path.is_file():
                yield path


def _faces(files: Iterable[Path]) -> Iterator[Face]:
    for path in files:
        try:
            if path.stat().st_size <= _BIGGEST:
                yield Face(path)
        except (OSError, NotAFont):
            continue
