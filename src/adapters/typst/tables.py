"""Tables, as Typst code."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.typst.code import arguments, color, pt
from adapters.typst.drawings import stroke
from domain.documents.layout.arranged import Flow, Grid, GridCell, GridRow
from domain.documents.layout.styles import Border, LineKind

_VERTICAL = {"center": "horizon", "bottom": "bottom"}


@dataclass(slots=True)
class Tables:
    """`write_flow` writes what a cell holds, given its width when that is known."""

    write_flow: Callable[[Flow, float | None], str]

    def table(self, grid: Grid, width: float | None, gap: float) -> str:
        """One statement of markup."""
        columns = _widths(grid, width)
        strut = any(row.height and not row.exact for row in grid.rows)
        rows = [self._row(grid, at, columns, strut=strut) for at in range(len(grid.rows))]
        head = ", ".join(rows[: grid.headers])
        parts = [f"table.header({head})"] if grid.headers else []
        parts.extend(rows[grid.headers :])
        tracks = [pt(size) if size else "1fr" for size in columns]
        if strut:
            tracks.insert(0, "0pt")
        settings = arguments(
            columns=f"({', '.join(tracks)},)",
            rows=_heights(grid),
            stroke="none",
            inset="0pt",
            align="start + top",
            gutter=pt(grid.spacing) if grid.spacing else None,
        )
        code = f"table({settings}, {', '.join(part for part in parts if part)})"
        return f"#block(above: {pt(gap)}, width: 100%, {_aligned(grid, code)})\n"

    def _row(self, grid: Grid, at: int, columns: list[float], *, strut: bool) -> str:
        row = grid.rows[at]
        cells = [
            self._cell(cell, row, columns, last=at + cell.rows == len(grid.rows))
            for cell in row.cells
        ]
        if strut:
            high = f"v({pt(row.height)})" if row.height and not row.exact else ""
            cells.insert(0, f"table.cell({{ {high} }})")
        return ", ".join(cells)

    def _cell(self, cell: GridCell, row: GridRow, columns: list[float], *, last: bool) -> str:
        top, right, bottom, left = cell.margins
        edges = cell.borders
        top += max(_line(other.borders.top) for other in row.cells)
        if last:
            bottom += max(_line(other.borders.bottom) for other in row.cells)
        strokes = {
            "top": edges.top,
            "right": edges.right,
            "bottom": edges.bottom,
            "left": edges.left,
        }
        drawn = arguments(
            **{
                side: stroke(_single(border)) if border else None
                for side, border in strokes.items()
            }
        )
        inset = arguments(top=pt(top), right=pt(right), bottom=pt(bottom), left=pt(left))
        settings = arguments(
            colspan=str(cell.span) if cell.span > 1 else None,
            rowspan=str(cell.rows) if cell.rows > 1 else None,
            fill=color(cell.fill) if cell.fill else None,
            stroke=f"({drawn})" if drawn else None,
            inset=f"({inset})",
            align=_VERTICAL.get(cell.vertical),
            breakable="false" if row.cant_split else None,
        )
        return f"table.cell({settings})[{self._content(cell, row, columns)}]"

    def _content(self, cell: GridCell, row: GridRow, columns: list[float]) -> str:
        spanned = columns[cell.column : cell.column + cell.span]
        width = sum(spanned) - cell.margins[1] - cell.margins[3] if all(spanned) else None
        body = self.write_flow(cell.flow, width)
        if cell.rotation:
            return f"#rotate({cell.rotation}deg, reflow: true)[{body}]"
        if row.exact and row.height and cell.rows == 1:
            return f"#block(height: 100%, width: 100%, clip: true)[{body}]"
        return body


def _heights(grid: Grid) -> str | None:
    """Fixed heights where rows ask for them; the others follow their content."""
    if not any(row.exact for row in grid.rows):
        return None
    sizes = []
    for at, row in enumerate(grid.rows):
        below = max((_line(cell.borders.bottom) for cell in row.cells), default=0.0)
        extra = below if at == len(grid.rows) - 1 else 0.0  # the table's own last line
        sizes.append(pt(row.height + extra) if row.exact and row.height else "auto")
    return f"({', '.join(sizes)},)"


def _widths(grid: Grid, width: float | None) -> list[float]:
    columns = list(grid.columns)
    if grid.share and width and all(columns):
        scale = grid.share * width / sum(columns)
        return [size * scale for size in columns]
    return columns


def _aligned(grid: Grid, code: str) -> str:
    if grid.rtl:
        code = f"{{ set text(dir: rtl); {code} }}"
    if grid.align != "start":
        return f"align({'center' if grid.align == 'center' else 'right'}, {code})"
    if grid.rtl:
        return f"align(right, pad(right: {pt(grid.indent)}, {code}))"
    return f"pad(left: {pt(grid.indent)}, {code})" if grid.indent else code


def _line(border: Border | None) -> float:
    return 0.0 if border is None else border.width


def _single(border: Border) -> Border:
    """Typst draws single strokes: a double line becomes one of its strokes' weight."""
    if border.kind is LineKind.DOUBLE:
        return Border(LineKind.SINGLE, border.width / 3, border.color)
    return border
