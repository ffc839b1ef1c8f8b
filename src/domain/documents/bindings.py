"""Bindings: one row's values where the marks stand, filters applied; what every output is made of.

`Bindings` maps the number of a mark to its value: a field to an inline value, a loop to a list of
bindings (one per round), a condition to (index of the branch taken, its bindings), with index -1
and no bindings where no branch holds.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A checked raster picture, without metadata, and its size on paper (914,400 EMU an inch)."""

    digest: str  # sha256 of `content`, hex
    media_type: str  # image/png or image/jpeg
    content: bytes = field(repr=False)
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subdocument:
    """A checked DOCX whose body takes the field's place."""

    content: bytes = field(repr=False)


Inline = str | Image | Link | Subdocument  # in text, \n is a line break and \t a tab
Bindings = dict[int, "Inline | list[Bindings] | tuple[int, Bindings]"]

NO_BRANCH: tuple[int, Bindings] = (-1, {})
