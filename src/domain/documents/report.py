"""The report of a bulk run: a line for every row, safe to open in a spreadsheet program."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = (
    *("row", "status", "file", "error_code", "error_message", "duration_ms"),
    *("engine", "fidelity"),
)
LONGEST_CELL: Final = 32_000  # characters; a workbook takes 32,767
_BATCH: Final = 1_000
_BOM: Final = b"\xef\xbb\xbf"  # so that Excel reads UTF-8
_STARTS: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20|%")
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?\Z")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """What became of one row; `duration_us` in microseconds.

    `engine` made its documents; `fidelity` is how closely a PDF shows what Word would.
    """

    number: int
    status: str
    file_name: str = ""
    error_code: str = ""
    error_message: str = ""
    duration_us: int | None = None
    engine: str = ""
    fidelity: str = ""

    def cells(self) -> tuple[str | int | float, ...]:
        """Numbers as numbers, texts defused, nothing None."""
        milliseconds = "" if self.duration_us is None else round(self.duration_us / 1000, 3)
        return (
            self.number,
            self.status,
            defused(self.file_name),
            self.error_code,
            defused(self.error_message),
            milliseconds,
            self.engine,
            self.fidelity,
        )


def defused(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet might take it for a formula."""
    if _UNPRINTABLE.search(text):
        text = _UNPRINTABLE.sub("\ufffd", text)
    text = text[:LONGEST_CELL]
    if _first_visible(text) in _STARTS and not _NUMBER.match(text):
        return f"'{text}"
    return text


def _first_visible(text: str) -> str:
    """Programs pass over blanks and invisible marks before they look for a formula."""
    for character in text:
        hidden = unicodedata.category(character) in {"Zs", "Cf", "Zl", "Zp"}
        if character in "\t\r\n" or not hidden:
            return character
    return ""


def csv_report(rows: Iterable[ReportRow]) -> Iterator[bytes]:
    """UTF-8 with a mark, in chunks of some thousand rows, for any number of them."""
    yield _BOM + _lines([COLUMNS])
    batch: list[tuple[str | int | float, ...]] = []
    for row in rows:
        batch.append(row.cells())
        if len(batch) == _BATCH:
            yield _lines(batch)
            batch = []
    if batch:
        yield _lines(batch)


def _lines(rows: Iterable[tuple[str | int | float, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue().encode()
