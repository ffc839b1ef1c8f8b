"""A template as the page engines take it: its layout, its pictures, and how well that will look."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.docx.layout.media import read_media
from adapters.docx.layout.reading import layout_of
from adapters.docx.marked import MarkedTemplate
from adapters.runtime.typefaces.typography import Typography
from domain.documents.layout.findings import Grade, grade
from domain.documents.layout.pages import Layout
from domain.documents.layout.walking import letters_of


@dataclass(frozen=True, slots=True)
class Drawable:
    layout: Layout = field(repr=False)
    media: Mapping[str, bytes] = field(repr=False)
    grade: Grade


def drawable(template: MarkedTemplate, typography: Typography) -> Drawable:
    """Reads and grades it once; fonts that are not here count too."""
    layout = layout_of(template)
    media, lost = read_media(template.package, layout)
    unshown = typography.undrawable(letters_of(layout.sections))
    findings = (*layout.findings, *lost, *typography.missing(layout.fonts), *unshown)
    return Drawable(layout, media, grade(findings))
