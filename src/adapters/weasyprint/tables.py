"""Tables, as HTML."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.weasyprint import css
from domain.documents.layout.arranged import Flow, Grid, GridCell
from domain.documents.layout.styles import Border

_VERTICAL = {"center": "middle", "bottom": "bottom"}


@dataclass(slots=True)
class Tables:
    """`write_flow` writes what a cell holds, given its width when that is known.

    Every cell draws its top and left edge, and the last ones the other two: so an edge takes its
    room once, and at the place where word processors leave it.
    """

    write_flow: Callable[[Flow, float | None], str]

    def table(self, grid: Grid, width: float | None, *, opening: bool = False) -> str:
        columns = _widths(grid, width)
        rows = [self._row(grid, at, columns) for at in range(len(grid.rows))]
        tracks = "".join(
            f"<col{css.style(width=css.pt(size) if size else None)}>" for size in columns
        )
        head = "".join(rows[: grid.headers])
        body = "".join(rows[grid.headers :])
        total = sum(columns) if all(columns) else None
        box = css.style(
            width="100%" if total is None else css.pt(total),
            margin_top=css.pt(grid.gap) if grid.gap else None,
            margin_break="keep" if opening else None,
            margin_left=_left(grid),
            margin_right="auto" if grid.align == "center" else "0" if grid.align == "end" else None,
            direction="rtl" if grid.rtl else None,
            border_spacing=css.pt(grid.spacing) if grid.spacing else None,
        )
        return (
            f"<table{box}><colgroup>{tracks}</colgroup>"
            f"{f'<thead>{head}</thead>' if head else ''}<tbody>{body}</tbody></table>\n"
        )

    def _row(self, grid: Grid, at: int, columns: list[float]) -> str:
        row = grid.rows[at]
        top = max((_line(cell.borders.top) for cell in row.cells), default=0.0)
        last = at == len(grid.rows) - 1
        bottom = max((_line(cell.borders.bottom) for cell in row.cells), default=0.0) if last else 0
        cells = "".join(self._cell(grid, cell, at, top, columns) for cell in row.cells)
        box = css.style(
            height=css.pt(row.height + bottom) if row.height else None,
            break_inside="avoid" if row.cant_split else None,
        )
        return f"<tr{box}>{cells}</tr>"

    def _cell(
        self, grid: Grid, cell: GridCell, at: int, row_top: float, columns: list[float]
    ) -> str:
        top, right, bottom, left = cell.margins
        edges = cell.borders
        last_row = at + cell.rows == len(grid.rows)
        last_column = cell.column + cell.span == len(columns)
        apart = bool(grid.spacing)
        box = css.style(
            padding=" ".join(
                css.pt(max(0.0, side))
                for side in (
                    top + row_top - _line(edges.top),
                    right - (_line(edges.right) if last_column else 0.0),
                    bottom,
                    left - _line(edges.left),
                )
            ),
            vertical_align=_VERTICAL.get(cell.vertical),
            background=css.color(cell.fill) if cell.fill else None,
            border_top=css.border(edges.top),
            border_left=css.border(edges.left),
            border_bottom=css.border(edges.bottom) if last_row or apart else None,
            border_right=css.border(edges.right) if last_column or apart else None,
        )
        spans = f" colspan={cell.span}" if cell.span > 1 else ""
        spans += f" rowspan={cell.rows}" if cell.rows > 1 else ""
        return f"<td{spans}{box}>{self._content(grid, cell, at, columns)}</td>"

    def _content(self, grid: Grid, cell: GridCell, at: int, columns: list[float]) -> str:
        spanned = columns[cell.column : cell.column + cell.span]
        width = sum(spanned) - cell.margins[1] - cell.margins[3] if all(spanned) else None
        body = self.write_flow(cell.flow, width)
        row = grid.rows[at]
        if cell.rotation:
            return f"<div{css.style(transform=f'rotate({cell.rotation}deg)')}>{body}</div>"
        if row.exact and row.height and cell.rows == 1:
            height = row.height - cell.margins[0] - cell.margins[2] - _line(cell.borders.top)
            return f"<div{css.style(height=css.pt(max(height, 0)), overflow='hidden')}>{body}</div>"
        return body


def _widths(grid: Grid, width: float | None) -> list[float]:
    columns = list(grid.columns)
    if grid.share and width and all(columns):
        scale = grid.share * width / sum(columns)
        return [size * scale for size in columns]
    return columns


def _left(grid: Grid) -> str | None:
    if grid.align != "start":
        return "auto"
    return css.pt(grid.indent) if grid.indent and not grid.rtl else None


def _line(border: Border | None) -> float:
    return 0.0 if border is None else border.width
