"""Renders the rows of a shard into one file of stored ZIP members; runs inside a child process.

A row either has all its documents in the file or none. Before each row its number is noted in the
cursor, so that a parent whose child died knows which row it was.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import msgspec

from application.documents.row_intake import ShardRow
from domain.documents.archive import Run
from domain.documents.run_options import DocumentFormat
from domain.kernel.errors import DomainError

TELL_SECONDS: Final = 1.0
_json: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Made:
    """A document in pieces, and the checksum (zlib.crc32) of all of them."""

    format: DocumentFormat
    pieces: tuple[bytes, ...]
    crc: int


class RowFault(msgspec.Struct, array_like=True):
    """Why a row has no document."""

    code: str
    message: str


Values = Mapping[str, Any]
Make = Callable[[Sequence[Values]], Sequence[Sequence[Made] | DomainError]]
DEFECT: Final = RowFault(
    "documents.row-defect", "This row met a defect of the program; it has been logged."
)


@dataclass(slots=True, kw_only=True)
class ShardFile:
    """`known` are faults of rows that killed a child; `tell` hears how many rows are done.

    `make` gets `at_once` rows and answers the documents, or the refusal, of each.
    """

    make: Make
    sink: BinaryIO
    cursor: int  # file descriptor
    known: Mapping[int, RowFault]
    tell: Callable[[int], None]
    on_defect: Callable[[Exception], None]
    at_once: int = 1
    rows_ok: int = 0
    rows_failed: int = 0
    run: Run = field(default_factory=Run)
    _results: list[dict[str, Any]] = field(default_factory=list)

    def write(self, rows: Sequence[ShardRow]) -> None:
        told = time.monotonic()
        for start in range(0, len(rows), self.at_once):
            self._rows(rows[start : start + self.at_once])
            if time.monotonic() - told >= TELL_SECONDS:
                self.tell(self.rows_ok + self.rows_failed)
                told = time.monotonic()
        self.sink.write(self.run.directory())

    def results(self) -> bytes:
        """The outcome of each row, as the rows table takes it."""
        return _json(self._results).replace(b"\\u0000", b"\\ufffd")

    def _rows(self, rows: Sequence[ShardRow]) -> None:
        began = time.perf_counter_ns()
        good = [row for row in rows if row[0] not in self.known]
        if good:
            os.pwrite(self.cursor, good[0][0].to_bytes(4, "big"), 0)
        made = iter(self._made([values for _, _, values in good]))
        for number, stem, _ in rows:
            fault = self.known.get(number)
            self._row(number, stem, next(made) if fault is None else fault)
        took = (time.perf_counter_ns() - began) // (1_000 * len(rows))
        for result in self._results[-len(rows) :]:
            result["us"] = took

    def _made(self, rows: Sequence[Values]) -> Sequence[Sequence[Made] | RowFault]:
        try:
            made = self.make(rows) if rows else ()
        except (OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - one row's defect is not its neighbours'
            if len(rows) > 1:
                return [each for row in rows for each in self._made([row])]
            self.on_defect(error)
            return [DEFECT]
        return [
            RowFault(each.code, str(each)) if isinstance(each, DomainError) else each
            for each in made
        ]

    def _row(self, number: int, stem: str, made: Sequence[Made] | RowFault) -> None:
        result: dict[str, Any] = {"n": number, "s": "ok"}
        self._results.append(result)
        if isinstance(made, RowFault):
            self.rows_failed += 1
            result |= {"s": "failed", "c": made.code, "m": made.message}
            return
        self.rows_ok += 1
        for each in made:
            self._member(f"{stem}.{each.format}", each, result)

    def _member(self, name: str, made: Made, result: dict[str, Any]) -> None:
        size = sum(map(len, made.pieces))
        header, member = self.run.add(name, size, made.crc)
        self.sink.write(header)
        for piece in made.pieces:
            self.sink.write(piece)
        prefix = "dx" if made.format is DocumentFormat.DOCX else "pd"
        result[f"{prefix}o"], result[f"{prefix}s"] = member.offset, size


def last_row(cursor: bytes) -> int | None:
    """The row that was begun last; None before the first."""
    return int.from_bytes(cursor[:4], "big") or None
