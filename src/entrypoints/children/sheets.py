"""What a child does with a sheet: look at it, check its rows, write a report of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from adapters.rendering.messages import (
    Earlier,
    IntakeAnswer,
    IntakeCall,
    ReportCall,
    SheetCall,
)
from adapters.runtime.child import Call
from adapters.sheets.opening import open_sheet
from application.documents.row_intake import RowIntake
from domain.documents.bulk_run import ColumnsMissing, UnknownColumn
from domain.documents.cell_values import CellLocale, shown
from domain.documents.fields import TemplateField
from domain.documents.file_names import FileNamePattern, UniqueNames
from domain.documents.mapping import Choice, ColumnMap, decide, suggest
from domain.documents.rendering import SheetColumn, SheetInspection
from domain.documents.report import ReportRow, csv_report
from domain.documents.row_check import RowCheck
from domain.documents.run_options import Output, SheetReading
from domain.documents.sheet import Cell, SheetLimits, SheetWarning

_SAMPLES: Final = 5
_SAMPLE_LENGTH: Final = 100
_NAMED: Final = 5  # missing columns that a message names


class StoredRow(msgspec.Struct):
    """A row as the table of rows writes it down for the report."""

    n: int
    s: str
    f: str | None = None
    dx: int | None = None
    pd: int | None = None
    us: int | None = None
    c: str | None = None
    m: str | None = None
    en: str | None = None
    fi: str | None = None


def inspect_sheet(call: Call) -> SheetInspection:
    asked = call.read(SheetCall)
    sheet = open_sheet(call.scratch / asked.file, asked.reading)
    summary = sheet.summary
    samples: list[list[str]] = [[] for _ in summary.columns]
    rows = 0
    for row in sheet.rows():
        rows += 1
        if rows <= _SAMPLES:
            for sample, cell in zip(samples, row.cells, strict=True):
                sample.append("" if cell is None else shown(cell)[:_SAMPLE_LENGTH])
    return SheetInspection(
        format=summary.format,
        reading=SheetReading(
            delimiter=summary.delimiter,
            encoding=summary.encoding,
            sheet_name=summary.sheet_name,
            header_row=summary.header_row,
            locale=asked.reading.locale,
        ),
        confidence=summary.confidence,
        letters=summary.samples,
        sheet_names=summary.sheet_names,
        columns=tuple(
            SheetColumn(name=name, samples=tuple(sample))
            for name, sample in zip(summary.columns, samples, strict=True)
        ),
        rows=rows,
        suggestions=suggest([field.name for field in asked.fields], summary.columns),
        warnings=_messages(summary.warnings),
    )


def take_in(call: Call) -> IntakeAnswer:
    asked = call.read(IntakeCall)
    reading, fields = asked.sheet.reading, asked.sheet.fields
    sheet = open_sheet(call.scratch / asked.sheet.file, reading, SheetLimits(rows=asked.max_rows))
    columns = sheet.summary.columns
    names = [field.name for field in fields]
    earlier = msgspec.msgpack.decode((call.scratch / asked.earlier).read_bytes(), type=Earlier)
    mapped = _mapped(fields, columns, asked.mapping)
    with (call.scratch / asked.target).open("wb", buffering=1 << 20) as sink:
        intake = RowIntake(
            check=RowCheck(fields=fields, locale=CellLocale.of(reading.locale), urls=asked.urls),
            columns=mapped,
            names=_taken(earlier.taken),
            pattern=FileNamePattern.parse(asked.pattern, names),
            shard_rows=asked.shard_rows,
            sink=sink,
            emit=call.emit,
            only=None if earlier.only is None else frozenset(earlier.only),
            corrections=_corrections(dict(asked.corrections), columns),
        )
        intake.run(sheet.rows())
        size = sink.tell()
    return IntakeAnswer(
        rows=intake.rows,
        valid=intake.valid,
        shards=intake.shards,
        size=size,
        warnings=_messages(sheet.summary.warnings),
    )


def report(call: Call) -> None:
    from adapters.sheets.report_workbook import write_report_workbook

    asked = call.read(ReportCall)
    rows = call.scratch / asked.rows
    with (call.scratch / asked.csv).open("wb", buffering=1 << 20) as file:
        for chunk in csv_report(_report_rows(rows, asked.output)):
            file.write(chunk)
    write_report_workbook(call.scratch / asked.xlsx, _report_rows(rows, asked.output))


def _mapped(
    fields: Sequence[TemplateField], columns: tuple[str, ...], chosen: Choice | None
) -> ColumnMap:
    """Raises ColumnsMissing when no row could ever be complete, and BadMapping."""
    found = decide([field.name for field in fields], columns, chosen)
    there = {name for name, _ in found.pairs}
    missing = [
        field.name
        for field in fields
        if field.required and field.default is None and field.name not in there
    ]
    if missing:
        used = {index for _, index in found.pairs}
        free = [name for index, name in enumerate(columns) if index not in used]
        raise ColumnsMissing(
            f"Every row needs {_named(missing, free)}, but no column of the sheet is called "
            "like that; name the column in the mapping.",
            fields=missing,
            columns=list(columns),
        )
    return found


def _named(missing: Sequence[str], columns: Sequence[str]) -> str:
    """The first few, each with the column it might be."""
    told = [
        f"“{each.field}”" + (f" (perhaps the column “{each.column}”?)" if each.column else "")
        for each in suggest(missing, columns)[:_NAMED]
    ]
    more = len(missing) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _taken(names: Sequence[str]) -> UniqueNames:
    taken = UniqueNames()
    for name in names:
        taken.claim(name)
    return taken


def _corrections(
    given: Mapping[int, Mapping[str, str | None]], columns: tuple[str, ...]
) -> dict[int, dict[int, Cell]]:
    """By position instead of heading. Raises UnknownColumn."""
    places = {name: at for at, name in reversed(list(enumerate(columns)))}
    for cells in given.values():
        for name in cells:
            if name not in places:
                raise UnknownColumn(
                    f"A correction names the column “{name}”, which the sheet does not have.",
                    column=name,
                    columns=list(columns),
                )
    return {
        number: {places[name]: cell for name, cell in cells.items()}
        for number, cells in given.items()
    }


def _report_rows(path: Path, output: Output) -> Iterator[ReportRow]:
    decode = msgspec.json.Decoder(StoredRow).decode
    with path.open("rb") as file:
        for line in file:
            row = decode(line)
            made = [
                f"{row.f}.{each}"
                for each, size in (("docx", row.dx), ("pdf", row.pd))
                if size is not None
            ]
            yield ReportRow(
                number=row.n,
                status=row.s,
                file_name=", ".join(made),
                error_code=row.c or "",
                error_message=row.m or "",
                duration_us=row.us,
                engine=row.en or "",
                fidelity=row.fi or "",
            )


def _messages(warnings: Sequence[SheetWarning]) -> tuple[str, ...]:
    return tuple(warning.message for warning in warnings)
