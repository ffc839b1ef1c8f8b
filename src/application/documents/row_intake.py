"""Checks the rows of a sheet in one pass: values, file names, shards; runs inside a child process.

The same sheet and the same order always give the same rows, names and shards, so that an intake
that begins again stores what it stored before.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import msgspec

from domain.documents.file_names import FileNamePattern, UniqueNames
from domain.documents.mapping import ColumnMap
from domain.documents.row_check import CheckedRow, RowCheck, RowProblem
from domain.documents.sheet import Cell, SheetRow

CHUNK_ROWS: Final = 5_000  # stored in one short transaction
MAX_TOLD: Final = 20  # problems of one row that are kept
_IN_A_LINE: Final = 5  # of them, in the report

_pack: Final = msgspec.msgpack.Encoder().encode
_json: Final = msgspec.json.Encoder().encode


ShardRow = tuple[int, str, dict[str, Any]]  # number, file name without extension, values


class ShardSlice(msgspec.Struct, array_like=True):
    """Rows of one shard: `offset` and `length` are bytes of the file of checked rows."""

    number: int
    first_row: int
    last_row: int
    rows: int
    offset: int
    length: int


class CheckedChunk(msgspec.Struct, array_like=True):
    """Rows as the rows table takes them, and the shards that are full with them."""

    shards: list[ShardSlice]
    rows_json: bytes
    last_row: int
    rows: int


@dataclass(slots=True, kw_only=True)
class RowIntake:
    """`sink` takes the checked rows; `emit` gets chunks in order.

    `only` names the rows to look at (None: all). `corrections` are cells by row and column.
    """

    check: RowCheck
    columns: ColumnMap
    names: UniqueNames
    pattern: FileNamePattern
    shard_rows: int
    sink: BinaryIO
    emit: Callable[[CheckedChunk], None]
    only: Collection[int] | None = None
    corrections: Mapping[int, Mapping[int, Cell]] = field(default_factory=dict)
    rows: int = 0
    valid: int = 0
    shards: int = 0
    _size: int = 0
    _last: int = 0
    _waiting: list[ShardRow] = field(default_factory=list)
    _told: list[dict[str, Any]] = field(default_factory=list)
    _full: list[ShardSlice] = field(default_factory=list)

    def run(self, rows: Iterable[SheetRow]) -> None:
        for row in rows:
            if self.only is None or row.number in self.only:
                self._take(row)
        self._close_shard()
        self._close_chunk()

    def _take(self, row: SheetRow) -> None:
        cells = row.cells
        if corrected := self.corrections.get(row.number):
            cells = tuple(corrected.get(at, cell) for at, cell in enumerate(cells))
        checked = self.check(self.columns.row(cells), surplus=row.surplus)
        self.rows += 1
        self._last = row.number
        if checked.problems:
            self._told.append(_refused(row.number, checked.problems))
        else:
            self._accept(row.number, checked)
        if len(self._told) >= CHUNK_ROWS and not self._waiting:  # shards never straddle chunks
            self._close_chunk()

    def _accept(self, number: int, checked: CheckedRow) -> None:
        stem = self.names.claim(self.pattern.stem(checked.values, number))
        self._waiting.append((number, stem, checked.values))
        self._told.append({"n": number, "s": "pending", "k": self.shards, "f": stem})
        self.valid += 1
        if len(self._waiting) == self.shard_rows:
            self._close_shard()

    def _close_shard(self) -> None:
        if not self._waiting:
            return
        packed = _pack(self._waiting)
        self.sink.write(packed)
        self._full.append(
            ShardSlice(
                number=self.shards,
                first_row=self._waiting[0][0],
                last_row=self._waiting[-1][0],
                rows=len(self._waiting),
                offset=self._size,
                length=len(packed),
            )
        )
        self.shards += 1
        self._size += len(packed)
        self._waiting = []

    def _close_chunk(self) -> None:
        if not self._told:
            return
        told = _json(self._told).replace(b"\\u0000", b"\\ufffd")  # what PostgreSQL cannot store
        self.emit(
            CheckedChunk(shards=self._full, rows_json=told, last_row=self._last, rows=self.rows)
        )
        self._told, self._full = [], []


def _refused(number: int, problems: tuple[RowProblem, ...]) -> dict[str, Any]:
    """The first problem gives the row its code, the first few its text; all are kept beside it."""
    first = problems[0]
    told = " ".join(each.message for each in problems[:_IN_A_LINE])
    more = f" (and {len(problems) - _IN_A_LINE} more)" if len(problems) > _IN_A_LINE else ""
    return {
        "n": number,
        "s": "invalid",
        "c": first.public_code,
        "m": told + more,
        "e": [
            {
                "field": each.field,
                "code": each.public_code,
                "message": each.message,
                "found": each.found,
            }
            for each in problems[:MAX_TOLD]
        ],
    }


def read_shard(packed: bytes) -> list[ShardRow]:
    """Row numbers, file names without extension, and values, as `RowIntake` wrote them."""
    return msgspec.msgpack.decode(packed, type=list[ShardRow])
