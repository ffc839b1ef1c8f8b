"""Workbooks read as people see them."""

# ruff: noqa: DTZ001 - the times of a sheet are in no zone
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from adapters.sheets.opening import OpenSheet, open_sheet
from domain.documents.run_options import SheetReading
from domain.documents.sheet import Cell, SheetLimits, SheetTooLarge
from domain.kernel.errors import DomainError
from workbooks import an_ods, an_xlsx, with_rows


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sheet.any"


def rows(sheet: OpenSheet) -> list[tuple[int, tuple[Cell, ...]]]:
    return [(row.number, row.cells) for row in sheet.rows()]


def values(file: Path, *cells: Any, **options: Any) -> tuple[Cell, ...]:
    """The cells of a row, as they come back."""
    heads = [f"c{number}" for number in range(len(cells))]
    an_xlsx(file, {"S": [heads, cells]}, **options)
    return rows(open_sheet(file))[0][1]


def test_cells_come_back_as_people_see_them(file: Path) -> None:
    given = ("Ada", "00123", 5, 5.5, True, datetime(2026, 12, 31), datetime(2026, 12, 31, 14, 30))
    found = values(file, *given)

    assert found == (
        "Ada",
        "00123",
        5,
        5.5,
        True,
        date(2026, 12, 31),
        datetime(2026, 12, 31, 14, 30),
    )
    assert [type(cell) for cell in found[2:5]] == [int, float, bool]


def test_dates_of_old_macs_are_right(file: Path) -> None:
    found = values(file, datetime(2026, 12, 31), date_1904=True)

    assert found == (date(2026, 12, 31),)


def test_times_durations_and_escaped_characters(file: Path) -> None:
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["time", "long", "text", "large"])
        sheet.write(1, 0, 0.5, book.add_format({"num_format": "hh:mm"}))
        sheet.write(1, 1, timedelta(hours=30, minutes=5), book.add_format({"num_format": "[h]:mm"}))
        sheet.write_string(1, 2, "one_x000A_two\nthree")
        sheet.write(1, 3, 1e20)

    assert rows(open_sheet(file)) == [(2, (time(12), "30:05", "one\ntwo\nthree", 1e20))]


def test_errors_of_formulas_are_shown_and_merged_cells_share_their_value(file: Path) -> None:
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b", "c", "d"])
        sheet.write_formula(1, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.merge_range(1, 2, 1, 3, "both")
        sheet.write_formula(2, 0, "=A1", None, "kept")

    assert [cells for _, cells in rows(open_sheet(file))] == [
        ("#DIV/0!", "#N/A", "both", "both"),
        ("kept", None, None, None),
    ]


def test_merged_headings_are_numbered(file: Path) -> None:
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 1, "Name")
        sheet.write(1, 0, "Ada")

    assert open_sheet(file).summary.columns == ("Name", "Name (2)")


def test_rows_keep_their_numbers_and_columns_their_places(file: Path) -> None:
    table = [[], [], [None, "name", "city"], [], [None, "Ada", "Graz"], [None, None, "Linz"]]
    sheet = open_sheet(an_xlsx(file, {"S": table}))

    assert (sheet.summary.header_row, sheet.summary.columns) == (3, ("Column A", "name", "city"))
    assert rows(sheet) == [(5, (None, "Ada", "Graz")), (6, (None, None, "Linz"))]


def test_hidden_rows_are_read_and_told(file: Path) -> None:
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        for number in range(4):
            sheet.write(number, 0, f"row {number}")
        sheet.set_row(2, None, None, {"hidden": True})
    opened = open_sheet(file)

    assert len(rows(opened)) == 3
    assert [warning.code for warning in opened.summary.warnings] == ["sheet.hidden-rows"]


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods", "a.xls", "a.csv", "a"])
def test_what_a_workbook_is_called_does_not_matter(tmp_path: Path, name: str) -> None:
    assert rows(open_sheet(an_ods(tmp_path / name, [["n"], [1]]))) == [(2, (1,))]
    assert rows(open_sheet(an_xlsx(tmp_path / name, {"S": [["n"], [1]]}))) == [(2, (1,))]


def test_the_first_sheet_that_is_shown_is_read_unless_another_is_wanted(file: Path) -> None:
    with xlsxwriter.Workbook(str(file)) as book:
        secret = book.add_worksheet("Secret")
        secret.write_column(0, 0, ["a", "hidden"])
        shown = book.add_worksheet("Shown & <odd>")
        shown.write_column(0, 0, ["a", "shown"])
        shown.activate()
        secret.hide()
        book.add_chartsheet("Chart").set_chart(a_chart(book))
    first = open_sheet(file)
    wanted = open_sheet(file, SheetReading(sheet_name="Secret"))

    assert first.summary.sheet_name == "Shown & <odd>"
    assert first.summary.sheet_names == ("Secret", "Shown & <odd>")
    assert (rows(first), rows(wanted)) == ([(2, ("shown",))], [(2, ("hidden",))])
    assert code(file, sheet_name="Chart") == "documents.sheet-name-unknown"
    assert code(file, sheet_name="Nowhere") == "documents.sheet-name-unknown"


def a_chart(book: Any) -> Any:
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"values": "=Secret!$A$1"})
    return chart


def test_a_sheet_of_libreoffice_is_read(file: Path) -> None:
    sheet = open_sheet(an_ods(file, [["name", "n"], ["Zoë <&>", 5], ["", 1.5]]))

    assert (sheet.summary.format, sheet.summary.sheet_name) == ("ods", "Tabelle1")
    assert rows(sheet) == [(2, ("Zoë <&>", 5)), (3, (None, 1.5))]


def test_empty_rows_and_cells_repeated_to_the_end_cost_nothing(file: Path) -> None:
    endless = (
        '<table:table-row table:number-rows-repeated="1048574">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    sheet = open_sheet(an_ods(file, [["name"], ["Ada"]], extra=endless))

    assert rows(sheet) == [(2, ("Ada",))]


def code(file: Path, limits: SheetLimits | None = None, **reading: Any) -> str:
    with pytest.raises(DomainError) as refused:
        rows(open_sheet(file, SheetReading(**reading), limits or SheetLimits()))
    return refused.value.code


@pytest.mark.parametrize(
    ("table", "limits", "what"),
    [
        ([["a"], ["1"], ["2"], ["3"]], SheetLimits(rows=2), "rows"),
        ([["a", "b", "c"]], SheetLimits(columns=2), "columns"),
        ([["a", "b"]] * 10, SheetLimits(workbook_cells=19), "cells"),
    ],
)
def test_large_workbooks_say_what_is_too_large(
    file: Path, table: list[list[str]], limits: SheetLimits, what: str
) -> None:
    an_xlsx(file, {"S": table})

    with pytest.raises(SheetTooLarge) as refused:
        rows(open_sheet(file, limits=limits))

    assert refused.value.facts["what"] == what


def test_a_cell_far_off_is_no_way_to_take_all_memory(file: Path) -> None:
    near, far = '<row r="1"><c r="A1"><v>1</v></c></row>', '<c r="XFD1048576"><v>2</v></c>'
    with_rows(file, f'{near}<row r="1048576">{far}</row>')

    assert code(file) == "documents.sheet-too-large"
