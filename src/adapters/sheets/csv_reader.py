"""Text files as records: any delimiter, any line ends, bounded lines and cells."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

from adapters.sheets.delimiters import find_delimiter
from adapters.sheets.text_encoding import Encoding, find_encoding
from domain.documents.sheet import (
    BadSheetReading,
    Cell,
    SheetLimits,
    SheetTooLarge,
    SheetUnclosedQuote,
)

_SAMPLE: Final = 1 << 16
_HINT: Final = "sep="  # how Excel is told the delimiter, in a line before all others


@dataclass(slots=True)
class _Lines:
    """The lines of a file, never one longer than allowed; keeps those of the record being read."""

    file: TextIO
    limit: int
    number: int = 0  # of the record
    pending: list[str] = field(default_factory=list)
    record: list[str] = field(default_factory=list)  # the one before
    size: int = 0

    def __iter__(self) -> Iterator[str]:
        limit = self.limit
        while line := self.file.readline(limit):
            self.size += len(line)
            if self.size >= limit:
                raise SheetTooLarge(
                    f"Row {self.number + 1} is too long; perhaps a quote in it is not closed.",
                    what="row",
                    limit=limit,
                    row=self.number + 1,
                )
            self.pending.append(line)
            yield line.replace("\0", "") if "\0" in line else line

    def next_record(self) -> int:
        self.number += 1
        self.record, self.pending = self.pending, []
        self.size = 0
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    path: Path
    encoding: Encoding
    delimiter: str
    limits: SheetLimits

    @classmethod
    def open(
        cls, path: Path, *, encoding: str | None, delimiter: str | None, limits: SheetLimits
    ) -> "CsvFile":
        """Finds out what is not given.

        Raises BadSheetReading, SheetEncodingWrong, SheetNotText.
        """
        found = find_encoding(path, encoding)
        if delimiter is None:
            with path.open(encoding=found.name, errors=found.errors, newline="") as file:
                sample = file.read(_SAMPLE)
            first = sample[:6]
            hinted = first.startswith(_HINT) and len(first) > len(_HINT)
            delimiter = first[4] if hinted else find_delimiter(sample)
        if len(delimiter) != 1 or delimiter in '"\r\n\0 ':
            raise BadSheetReading("A delimiter is one character.", option="delimiter")
        return cls(path=path, encoding=found, delimiter=delimiter, limits=limits)

    def records(self) -> Iterator[tuple[int, list[Cell]]]:
        """Raises SheetTooLarge, SheetUnclosedQuote."""
        csv.field_size_limit(self.limits.cell_bytes)
        encoding = self.encoding
        with self.path.open(encoding=encoding.name, errors=encoding.errors, newline="") as file:
            if file.read(len(_HINT)) == _HINT:
                file.readline(self.limits.row_bytes)
            else:
                file.seek(0)
            lines = _Lines(file, self.limits.row_bytes)
            try:
                yield from self._read(lines)
            except csv.Error:
                raise SheetTooLarge(
                    f"A cell in row {lines.number + 1} is too long; perhaps a quote is not closed.",
                    what="cell",
                    limit=self.limits.cell_bytes,
                    row=lines.number + 1,
                ) from None

    def _read(self, lines: _Lines) -> Iterator[tuple[int, list[Cell]]]:
        for cells in csv.reader(lines, delimiter=self.delimiter):
            yield lines.next_record(), [cell or None for cell in cells]
        self._check_closed(lines.record, lines.number)

    def _check_closed(self, record: list[str], number: int) -> None:
        """Only the end of the file leaves a quote open, so the last record tells."""
        try:
            for _ in csv.reader(record, delimiter=self.delimiter, strict=True):
                pass
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise SheetUnclosedQuote(
                    f"A quote in row {number} is not closed.", row=number
                ) from None
