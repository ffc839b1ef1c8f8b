"""From records with a number to a heading and rows of its width: the same for every format."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from domain.documents.cell_values import shown
from domain.documents.sheet import (
    BadSheetReading,
    Cell,
    SheetEmpty,
    SheetLimits,
    SheetRow,
    SheetTooLarge,
    SheetWarning,
    headings,
)

Records = Callable[[], Iterator[tuple[int, Sequence[Cell]]]]  # numbers from 1; may be read again


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    columns: tuple[str, ...]
    row: int
    warnings: tuple[SheetWarning, ...]


def find_heading(records: Records, wanted: int | None, limits: SheetLimits) -> Heading:
    """The wanted row, else the first that is not empty. Raises SheetEmpty, BadSheetReading."""
    number, texts = _first(records, wanted)
    while texts and not texts[-1].strip():
        texts.pop()
    if not texts and wanted is None:
        raise SheetEmpty("The sheet has no rows.")
    if not texts:
        raise BadSheetReading(f"Row {wanted} has no headings.", option="header_row")
    if len(texts) > limits.columns:
        raise _too_large("columns", limits.columns)
    columns, warnings = headings(texts)
    return Heading(columns=columns, row=number, warnings=warnings)


def _first(records: Records, wanted: int | None) -> tuple[int, list[str]]:
    for number, cells in records():
        if number == wanted or (wanted is None and any(map(_filled, cells))):
            return number, [shown(cell) for cell in cells]
    return 0, []


def rows_below(records: Records, heading: Heading, limits: SheetLimits) -> Iterator[SheetRow]:
    """Every row with something in it. Raises SheetTooLarge."""
    width, last = len(heading.columns), heading.row + limits.rows
    for number, cells in records():
        if number <= heading.row:
            continue
        if not (cells and _filled(cells[0])) and not any(map(_filled, cells)):
            continue
        if number > last:
            raise _too_large("rows", limits.rows)
        if len(cells) == width:
            yield SheetRow(number, tuple(cells))
        elif len(cells) < width:
            yield SheetRow(number, (*cells, *([None] * (width - len(cells)))))
        else:
            surplus = sum(map(_filled, cells[width:]))
            yield SheetRow(number, tuple(cells[:width]), surplus)


def _filled(cell: Cell) -> bool:
    return cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())


def _too_large(what: str, limit: int) -> SheetTooLarge:
    return SheetTooLarge(f"The sheet has more than {limit:,} {what}.", what=what, limit=limit)
