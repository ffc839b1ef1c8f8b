"""The door to sheets: looks what a file is, not what it is called, and opens it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.sheets.csv_reader import CsvFile
from adapters.sheets.table import Heading, Records, find_heading, rows_below
from adapters.sheets.workbook_reader import Workbook
from domain.documents.run_options import SheetReading
from domain.documents.sheet import (
    SheetEmpty,
    SheetEncrypted,
    SheetLimits,
    SheetRow,
    SheetSummary,
    SheetUnsupported,
    SheetWarning,
)

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OTHERS: Final = {
    b"%PDF": "pdf",
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
    b"{\\rtf": "rtf",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"PAR1": "parquet",
    b"SQLite format 3": "sqlite",
    b"<!doctype html": "html",
    b"<html": "html",
    b"<?xml": "xml",
}
_DEFAULT_READING: Final = SheetReading()
_DEFAULT_LIMITS: Final = SheetLimits()
_SURE: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSheet:
    """A sheet whose heading is known; its rows can be read any number of times."""

    summary: SheetSummary
    _records: Records
    _heading: Heading
    _limits: SheetLimits

    def rows(self) -> Iterator[SheetRow]:
        """In order, those with something in them. Raises SheetTooLarge, SheetUnclosedQuote."""
        return rows_below(self._records, self._heading, self._limits)


def open_sheet(
    path: Path, reading: SheetReading = _DEFAULT_READING, limits: SheetLimits = _DEFAULT_LIMITS
) -> OpenSheet:
    """Opens CSV, XLSX and ODS. Raises a SheetRefused or SheetTooLarge.

    Meant for a child process: workbooks are parsed by native code.
    """
    head = _head(path)
    if head.startswith(b"PK"):
        return _open_workbook(path, reading, limits)
    return _open_text(path, reading, limits)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(4096)
        if not head:
            raise SheetEmpty("The file is empty.")
        if head.startswith(_OLE):
            _refuse_ole(head + file.read(1 << 20))
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:32].lower()
    for mark, kind in _OTHERS.items():
        if head.startswith(mark) or start.startswith(mark.lower()):
            raise SheetUnsupported("This is no sheet; save it as CSV, XLSX or ODS.", format=kind)
    return head


def _refuse_ole(beginning: bytes) -> None:
    if _OLE_ENCRYPTED in beginning:
        raise SheetEncrypted("The workbook is encrypted; save it without a password.")
    raise SheetUnsupported(
        "This is an Excel file of the old kind (.xls); save it as XLSX or CSV.", format="xls"
    )


def _open_workbook(path: Path, reading: SheetReading, limits: SheetLimits) -> OpenSheet:
    book = Workbook.open(path, sheet_name=reading.sheet_name, limits=limits)
    heading = find_heading(book.records, reading.header_row, limits)
    summary = SheetSummary(
        format=book.format,
        columns=heading.columns,
        header_row=heading.row,
        sheet_name=book.sheet_name,
        sheet_names=book.sheet_names,
        warnings=(*book.warnings, *heading.warnings),
    )
    return OpenSheet(summary=summary, _records=book.records, _heading=heading, _limits=limits)


def _open_text(path: Path, reading: SheetReading, limits: SheetLimits) -> OpenSheet:
    file = CsvFile.open(path, encoding=reading.encoding, delimiter=reading.delimiter, limits=limits)
    heading = find_heading(file.records, reading.header_row, limits)
    encoding = file.encoding
    doubt = SheetWarning(
        code="sheet.encoding-guessed",
        message=f"The encoding is probably {encoding.name}; look at the letters with accents.",
    )
    guessed = () if encoding.confidence > _SURE else (doubt,)
    summary = SheetSummary(
        format="csv",
        columns=heading.columns,
        header_row=heading.row,
        encoding=encoding.name,
        confidence=encoding.confidence,
        samples=encoding.samples,
        delimiter=file.delimiter,
        warnings=(*guessed, *heading.warnings),
    )
    return OpenSheet(summary=summary, _records=file.records, _heading=heading, _limits=limits)
