"""The report of a bulk run as XLSX, row by row with flat memory."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from domain.documents.report import COLUMNS, ReportRow

_WIDTHS: Final = (8, 12, 44, 32, 70, 12, 12, 20)
_FIRST_MOMENT: Final = datetime(1980, 1, 1, tzinfo=UTC)
MAX_ROWS: Final = 1_048_575  # a sheet's, without the heading
_OPTIONS: Final[dict[str, Any]] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
}


def write_report_workbook(path: Path, rows: Iterable[ReportRow]) -> None:
    """Same rows, same bytes. What goes beyond one sheet goes on in the next.

    Temporary files are made beside `path`.
    """
    options = {**_OPTIONS, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _FIRST_MOMENT})
        bold = book.add_format({"bold": True})
        sheet, number = None, 0
        for row in rows:
            if sheet is None or number > MAX_ROWS:
                sheet, number = _new_sheet(book, bold), 1
            _write(sheet, number, row)
            number += 1
        if sheet is None:
            _new_sheet(book, bold)


def _new_sheet(book: Any, bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold)
    return sheet


def _write(sheet: Any, number: int, row: ReportRow) -> None:
    for column, cell in enumerate(row.cells()):
        if isinstance(cell, str):
            if cell:
                sheet.write_string(number, column, cell)
        else:
            sheet.write_number(number, column, cell)
