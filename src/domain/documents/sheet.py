"""Sheets as rows of typed cells, whatever file they came from, and why a file is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, NamedTuple

from domain.kernel.errors import Invalid, TooLarge

Cell = str | int | float | bool | date | datetime | time | None  # None is an empty cell
MAX_HEADING: Final = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLimits:
    """Bytes, rows, columns; `workbook_cells` since a workbook's cells are read all at once."""

    rows: int = 1_000_000
    columns: int = 1_000
    cell_bytes: int = 1 << 20
    row_bytes: int = 4 << 20
    workbook_cells: int = 10_000_000
    unpacked_bytes: int = 1 << 30
    members: int = 2_000
    ratio: int = 200  # unpacked to packed, above a mebibyte


class SheetRow(NamedTuple):
    """`number` is the row's in the file, from 1; `cells` are as many as there are columns.

    `surplus` counts filled cells beyond the last column: then the row is probably shifted.
    """

    number: int
    cells: tuple[Cell, ...]
    surplus: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWarning:
    """Something a person should look at; facts are in the message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSummary:
    """What a file turned out to be, before its rows are read.

    `confidence` (0 to 1) is how sure the encoding is; `samples` are cells on which a person can
    judge it. `delimiter` and `encoding` are None for workbooks, the sheet names empty for texts.
    """

    format: str  # "csv", "xlsx", "ods"
    columns: tuple[str, ...]
    header_row: int
    encoding: str | None = None
    confidence: float = 1.0
    samples: tuple[str, ...] = ()
    delimiter: str | None = None
    sheet_name: str | None = None
    sheet_names: tuple[str, ...] = ()
    warnings: tuple[SheetWarning, ...] = ()


class SheetRefused(Invalid):
    """The file cannot be read as a sheet."""


class SheetEmpty(SheetRefused):
    code = "documents.sheet-empty"


class SheetUnsupported(SheetRefused):
    """Facts: `format`, what it is instead."""

    code = "documents.sheet-unsupported"


class SheetEncrypted(SheetRefused):
    code = "documents.sheet-encrypted"


class SheetDamaged(SheetRefused):
    code = "documents.sheet-damaged"


class SheetHostile(SheetRefused):
    """Built to harm whoever opens it; facts: `reason`."""

    code = "documents.sheet-hostile"


class SheetBomb(SheetRefused):
    """Unpacks to more than it may; facts: `reason`, `limit`."""

    code = "documents.sheet-bomb"


class SheetNotText(SheetRefused):
    code = "documents.sheet-not-text"


class SheetEncodingWrong(SheetRefused):
    """Facts: `encoding`, `position` in bytes where known."""

    code = "documents.sheet-encoding-wrong"


class SheetUnclosedQuote(SheetRefused):
    """Facts: `row`, where the quote was opened."""

    code = "documents.sheet-unclosed-quote"


class SheetNameUnknown(SheetRefused):
    """Facts: `sheet_names`."""

    code = "documents.sheet-name-unknown"


class BadSheetReading(SheetRefused):
    """The caller's wish how to read it makes no sense; facts: `option`."""

    code = "documents.bad-sheet-reading"


class SheetTooLarge(TooLarge):
    """Facts: `limit` and `what`: rows, columns, cells, cell, row."""

    code = "documents.sheet-too-large"


def headings(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[SheetWarning, ...]]:
    """A name for each column, no two alike: “Name”, “Name (2)”, “Column C” where there is none."""
    names: list[str] = []
    seen: set[str] = set()
    empty, double = [], []
    for position, cell in enumerate(cells):
        name = " ".join(cell.split())[:MAX_HEADING]
        if not name:
            name = f"Column {column_letters(position)}"
            empty.append(name)
        elif name in seen:
            double.append(name)
        names.append(_unlike(name, seen))
        seen.add(names[-1])
    warnings = []
    if empty:
        told = ", ".join(empty[:5])
        warnings.append(
            SheetWarning(code="sheet.heading-missing", message=f"Without a heading: {told}.")
        )
    if double:
        told = ", ".join(dict.fromkeys(double[:5]))
        warnings.append(
            SheetWarning(code="sheet.heading-double", message=f"More than one column is: {told}.")
        )
    return tuple(names), tuple(warnings)


def column_letters(position: int) -> str:
    """A, B, …, Z, AA for 0, 1, …, 25, 26."""
    letters = ""
    position += 1
    while position:
        position, letter = divmod(position - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def _unlike(name: str, seen: set[str]) -> str:
    number, candidate = 2, name
    while candidate in seen:
        candidate = f"{name} ({number})"
        number += 1
    return candidate
