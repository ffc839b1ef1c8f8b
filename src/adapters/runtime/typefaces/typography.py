"""Which font sets which text, and how much room the text takes."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from adapters.runtime.typefaces.book import FontBook
from adapters.runtime.typefaces.face import Face
from domain.documents.layout.families import substitute_for
from domain.documents.layout.findings import Fidelity, Finding
from domain.documents.layout.lines import SMALL_CAPS_SIZE, LineBox, drawn_size, line_box
from domain.documents.layout.styles import LineSpacing, TextStyle

_SHOWN: Final = 12  # letters named in a finding


@dataclass(eq=False)
class Typography:
    """Answers for one font book; remembers what it looked up."""

    book: FontBook
    _faces: dict[tuple[str, bool, bool], Face] = field(init=False, default_factory=dict)

    @cached_property
    def fallbacks(self) -> tuple[str, ...]:
        return self.book.fallbacks()

    def family(self, wanted: str) -> str:
        """The family that really sets the text: the one asked for, or its substitute."""
        substitute = substitute_for(wanted)
        if substitute.twin and self.book.has(substitute.family):
            return substitute.family  # shipped, so every machine sets the same lines
        if self.book.has(wanted):
            return self.book.name(wanted)
        return substitute.family

    def families(self, style: TextStyle) -> tuple[str, ...]:
        """The families tried in turn for each letter."""
        found = {self.family(style.font): None}
        for other in (style.east_asian, style.complex_script):
            if other and self.book.has(other):
                found.setdefault(self.book.name(other))
        for other in self.fallbacks:
            found.setdefault(other)
        return tuple(found)

    def face(self, style: TextStyle) -> Face:
        key = (style.font, style.bold, style.italic)
        face = self._faces.get(key)
        if face is None:
            face = self.book.face(self.family(style.font), bold=style.bold, italic=style.italic)
            if face is None:
                raise LookupError(f"No font is installed for {style.font}.")
            self._faces[key] = face
        return face

    def line(self, style: TextStyle, spacing: LineSpacing) -> LineBox:
        return line_box(self.face(style), style.size, spacing)

    def width(self, text: str, style: TextStyle) -> float:
        """Points from the first letter's start to the last one's end."""
        face, size = self.face(style), drawn_size(style)
        if style.all_caps:
            text = text.upper()
        if style.small_caps:
            wide = sum(
                face.width(letter.upper()) * (SMALL_CAPS_SIZE if letter.islower() else 1.0)
                for letter in text
            )
        else:
            wide = face.width(text)
        return (wide * size + len(text) * style.spacing) * style.stretch

    def missing(self, wanted: tuple[str, ...]) -> tuple[Finding, ...]:
        """The families that are set in another one that is not their metric twin."""
        found = []
        for family in sorted(wanted):
            substitute = substitute_for(family)
            if not self.book.has(family) and not substitute.twin:
                effect = f"set in {substitute.family}, so lines may break elsewhere"
                found.append(Finding("font.missing", family, effect, Fidelity.APPROXIMATE))
        return tuple(found)

    def undrawable(self, letters: set[str]) -> tuple[Finding, ...]:
        """The letters that no font here has: they come out as boxes."""
        lacking = sorted(
            letter
            for letter in letters
            if letter.isprintable() and not letter.isascii() and not self.book.draws(letter)
        )
        if not lacking:
            return ()
        shown = "".join(lacking[:_SHOWN])
        effect = "no font here has these letters, so they are drawn as boxes"
        return (Finding("font.letters", shown, effect, Fidelity.APPROXIMATE),)
