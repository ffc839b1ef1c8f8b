"""Sections: paper, margins, columns, and the headers and footers each of them shows."""

from dataclasses import dataclass, field
from typing import Any, Final

from adapters.docx.layout.context import Document, Part
from adapters.docx.layout.edges import read_border
from adapters.docx.layout.names import R, W, attr, child, children, number, on_off, points, val
from adapters.docx.wordml import Element
from domain.documents.layout.findings import Fidelity
from domain.documents.layout.nodes import Block
from domain.documents.layout.pages import Column, Furniture, Page, Section, Start
from domain.documents.layout.styles import Borders

_STARTS: Final = {
    "continuous": Start.CONTINUOUS, "nextColumn": Start.COLUMN, "evenPage": Start.EVEN,
    "oddPage": Start.ODD,
}  # fmt: skip
_KINDS: Final = {"default": "usual", "first": "first", "even": "even"}
_SMALLEST: Final = 10.0  # points; no paper or text is narrower


@dataclass(slots=True)
class SectionReader:
    """Reads sections in order; headers and footers carry over from one to the next."""

    document: Document
    part: Part
    even_pages: bool
    _kept: dict[str, dict[str, tuple[Block, ...]]] = field(
        default_factory=lambda: {"header": {}, "footer": {}}
    )
    _read: dict[str, tuple[Block, ...]] = field(default_factory=dict)

    def read(self, properties: Element | None, blocks: tuple[Block, ...]) -> Section:
        page = read_page(self.part, properties)
        self._carry_over(properties)
        numbers = child(properties, W + "pgNumType")
        start = number(None if numbers is None else attr(numbers, "start"))
        self._warn(properties)
        columns = child(properties, W + "cols")
        return Section(
            blocks=blocks,
            page=page,
            start=_STARTS.get(val(properties, "type") or "", Start.PAGE),
            columns=read_columns(columns, page.text_width),
            column_line=columns is not None and attr(columns, "sep") in {"1", "true", "on"},
            headers=Furniture(**self._kept["header"]),
            footers=Furniture(**self._kept["footer"]),
            title_page=bool(on_off(properties, "titlePg")),
            even_pages=self.even_pages,
            number_from=None if start is None else int(start),
            number_format=("" if numbers is None else attr(numbers, "fmt") or "") or "decimal",
            vertical={"center": "center", "bottom": "bottom"}.get(
                val(properties, "vAlign") or "", "top"
            ),
            rtl=bool(on_off(properties, "bidi")),
        )

    def _carry_over(self, properties: Element | None) -> None:
        relations = self.document.package.relations(self.part.name)
        for kind, kept in self._kept.items():
            for reference in children(properties, W + f"{kind}Reference"):
                relation = relations.get(reference.get(R + "id") or "")
                slot = _KINDS.get(attr(reference, "type") or "default")
                if relation is not None and slot and not relation.external:
                    kept[slot] = self._furniture(relation.target)

    def _furniture(self, name: str) -> tuple[Block, ...]:
        if name not in self._read:
            root = self.document.package.root(name)
            inner = Part(self.document, name, self.part.read_blocks)
            self._read[name] = () if root is None else inner.read_blocks(inner, root)
        return self._read[name]

    def _warn(self, properties: Element | None) -> None:
        if child(properties, W + "lnNumType") is not None:
            self.part.report("page.line-numbers", "line numbers are left out")
        if val(properties, "textDirection") not in {None, "lrTb"}:
            self.part.report(
                "page.direction", "vertical text is set in lines", Fidelity.NEEDS_HIGH_FIDELITY
            )
        if val(properties, "docGrid", "type") in {"lines", "linesAndChars", "snapToChars"}:
            self.part.report("page.grid", "text does not snap to the page's line grid")


def read_page(part: Part, properties: Element | None) -> Page:
    size, margins = child(properties, W + "pgSz"), child(properties, W + "pgMar")
    plain = Page()
    measures = {
        name: _measure(margins, name, getattr(plain, name))
        for name in ("top", "right", "bottom", "left", "header", "footer")
    }
    gutter = _measure(margins, "gutter", 0.0)
    width, height = _measure(size, "w", 612.0), _measure(size, "h", 792.0)
    measures["left"] += gutter
    room = width - measures["left"] - measures["right"]
    if room < _SMALLEST:
        measures["left"] = measures["right"] = max(0.0, (width - _SMALLEST) / 4)
        part.report("page.margins", "margins that leave no room for text are made smaller")
    edges = child(properties, W + "pgBorders")
    if edges is not None and (attr(edges, "display") or "allPages") != "allPages":
        part.report("page.borders", "the page border is drawn on every page")
    return Page(
        width=width,
        height=height,
        borders=_page_borders(part, edges),
        borders_from_text=edges is not None and (attr(edges, "offsetFrom") or "text") == "text",
        **{name: abs(measure) for name, measure in measures.items()},
    )


def _measure(element: Element | None, name: str, default: float) -> float:
    found = None if element is None else points(attr(element, name))
    return default if found is None else found


def _page_borders(part: Part, edges: Element | None) -> Borders:
    drawn: dict[str, Any] = {}
    for side in ("top", "right", "bottom", "left"):
        border = read_border(child(edges, W + side), part.document.theme)
        drawn[side] = border if border is not None and border.width else None
    return Borders(**drawn)


def read_columns(element: Element | None, width: float) -> tuple[Column, ...]:
    """Empty for one column."""
    if element is None:
        return ()
    said = [
        Column(points(attr(column, "w")) or 0.0, points(attr(column, "space")) or 0.0)
        for column in children(element, W + "col")
    ]
    if said and attr(element, "equalWidth") in {"0", "false", "off"}:
        return tuple(said) if len(said) > 1 else ()
    count = int(number(attr(element, "num")) or 1)
    if not 1 < count <= 45:  # noqa: PLR2004  as many as Word allows
        return ()
    space = points(attr(element, "space"))
    gap = 36.0 if space is None else space
    return tuple(Column((width - gap * (count - 1)) / count, gap) for _ in range(count))
