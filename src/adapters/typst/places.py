"""Where blocks are being written: what surrounds them, and what may happen there."""

from dataclasses import dataclass

from domain.documents.layout.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`width` is the column's, None when only the layout will tell.

    `outermost` allows page breaks; `columns` allows column breaks. `region` is body, header, footer
    or inner: a cell, a box, a note.
    """

    page: Page
    width: float | None
    outermost: bool = True
    columns: bool = False
    region: str = "body"
