"""Where blocks are being written: what surrounds them, and what may happen there."""

from dataclasses import dataclass

from domain.documents.layout.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`width` is the column's, None when only the layout will tell.

    `outermost` allows page breaks, `columns` column breaks. `top` is how far from the paper's top
    edge the region begins, None within cells, boxes and notes.
    """

    page: Page
    width: float | None
    outermost: bool = True
    columns: bool = False
    top: float | None = None
    opening: bool = False  # the block at hand is the first of its section
