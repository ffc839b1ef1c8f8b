"""Lays out a bound table: rows as they look where they stand, merges, and whose edge wins."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.documents.layout.arranged import Flow, Grid, GridCell, GridRow
from domain.documents.layout.nodes import FIRST, LAST, SECOND_BAND, Cell, Row, StyledRow, Table
from domain.documents.layout.styles import Border, Borders

Cells: TypeAlias = Callable[[Cell], Flow]
_NOTHING = Cell(blocks=(), borders=Borders(), margins=(0.0, 0.0, 0.0, 0.0))


@dataclass(slots=True)
class _Slot:
    """A cell while the grid is being built; `rows` grows as cells below join it."""

    cell: Cell
    row: int
    column: int
    span: int
    rows: int = 1
    filler: bool = False

    @property
    def last_column(self) -> int:
        return self.column + self.span - 1

    @property
    def last_row(self) -> int:
        return self.row + self.rows - 1


def lay_out(table: Table, flow: Cells) -> Grid:
    """The final grid; `flow` arranges the content of a cell."""
    rows = _placed(table)
    slots, width = _slots(rows)
    columns = _columns(table, width)
    owners = {
        (row, column): slot
        for slot in slots
        for row in range(slot.row, slot.last_row + 1)
        for column in range(slot.column, slot.last_column + 1)
    }
    edges = _Edges(table, owners, len(rows), width)
    grid_rows = []
    for at, row in enumerate(rows):
        cells = tuple(
            _grid_cell(slot, edges.of(slot), Flow() if slot.filler else flow(slot.cell))
            for slot in slots
            if slot.row == at
        )
        grid_rows.append(
            GridRow(cells=cells, height=row.height, exact=row.exact, cant_split=row.cant_split)
        )
    return Grid(
        columns=columns,
        rows=tuple(grid_rows),
        headers=_headers(rows),
        align=table.align,
        indent=table.indent,
        share=table.share,
        rtl=table.rtl,
        spacing=table.spacing,
    )


def _placed(table: Table) -> list[Row]:
    """Every row as it looks where it came to stand."""
    rows = []
    for at, item in enumerate(table.rows):
        if isinstance(item, StyledRow):
            place = (FIRST if at == 0 else 0) | (LAST if at == len(table.rows) - 1 else 0)
            band = (at - (1 if table.header_band else 0)) // table.band
            rows.append(item.at(place | (SECOND_BAND if band % 2 else 0)))
        elif isinstance(item, Row):
            rows.append(item)
    return rows


def _headers(rows: list[Row]) -> int:
    """Heading rows count only from the top, and never all of the table."""
    count = 0
    for row in rows:
        if not row.header:
            break
        count += 1
    return 0 if count == len(rows) else count


def _columns(table: Table, width: int) -> tuple[float, ...]:
    return table.columns[:width] + (0.0,) * (width - len(table.columns))


def _slots(rows: list[Row]) -> tuple[list[_Slot], int]:
    """Cells with their places; a cell that continues the one above only makes that longer."""
    slots: list[_Slot] = []
    above: dict[int, _Slot] = {}
    width = max((_width(row) for row in rows), default=0)
    for at, row in enumerate(rows):
        here: dict[int, _Slot] = {}
        column = 0
        cells = [cell for cell in row.cells if isinstance(cell, Cell)]
        for cell, filler in _filled(row, cells, width):
            span = cell.span
            upper = above.get(column)
            if cell.merge == "continue" and upper is not None and upper.span == span:
                upper.rows += 1
                here[column] = upper
            else:
                slot = _Slot(cell, at, column, span, filler=filler)
                slots.append(slot)
                if cell.merge:
                    here[column] = slot
            column += span
        above = here
    return slots, width


def _width(row: Row) -> int:
    spans = sum(cell.span for cell in row.cells if isinstance(cell, Cell))
    return row.before + spans + row.after


def _filled(row: Row, cells: list[Cell], width: int) -> list[tuple[Cell, bool]]:
    """The row's cells with bare ones where it starts late or ends early."""
    found = [(cell, False) for cell in cells]
    if row.before:
        found.insert(0, (replace(_NOTHING, span=row.before), True))
    missing = width - row.before - sum(cell.span for cell in cells)
    if missing > 0:
        found.append((replace(_NOTHING, span=missing), True))
    return found


def _grid_cell(slot: _Slot, borders: Borders, flow: Flow) -> GridCell:
    cell = slot.cell
    return GridCell(
        column=slot.column,
        span=slot.span,
        rows=slot.rows,
        flow=flow,
        borders=borders,
        fill=cell.fill,
        vertical=cell.vertical,
        margins=cell.margins,
        rotation=cell.rotation,
    )


@dataclass(frozen=True, slots=True)
class _Edges:
    """Where two cells meet, the wider of their borders is drawn."""

    table: Table
    owners: dict[tuple[int, int], _Slot]
    rows: int
    columns: int

    def of(self, slot: _Slot) -> Borders:
        return Borders(
            top=self._stronger(slot, "top", self._at(slot.row - 1, slot.column), "bottom"),
            bottom=self._stronger(slot, "bottom", self._at(slot.last_row + 1, slot.column), "top"),
            left=self._stronger(slot, "left", self._at(slot.row, slot.column - 1), "right"),
            right=self._stronger(slot, "right", self._at(slot.row, slot.last_column + 1), "left"),
        )

    def _at(self, row: int, column: int) -> _Slot | None:
        return self.owners.get((row, column))

    def _stronger(
        self, slot: _Slot, side: str, other: _Slot | None, other_side: str
    ) -> Border | None:
        own = self._said(slot, side)
        if other is None or self.table.spacing:
            return own
        theirs = self._said(other, other_side)
        if own is None or (theirs is not None and theirs.width > own.width):
            return theirs
        return own

    def _said(self, slot: _Slot, side: str) -> Border | None:
        """What a cell wants on a side: its own word, else the table's."""
        if slot.filler:
            return None
        own: Border | None = getattr(slot.cell.borders, side)
        if own is not None:
            return own if own.width else None
        outer = {
            "top": slot.row == 0,
            "bottom": slot.last_row == self.rows - 1,
            "left": slot.column == 0,
            "right": slot.last_column == self.columns - 1,
        }[side]
        if outer and not self.table.spacing:
            edge: Border | None = getattr(self.table.borders, side)
            return edge
        return self.table.inside_h if side in {"top", "bottom"} else self.table.inside_v
