"""Reports tell what became of every row and are no weapon."""

import csv
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sheets.opening import open_sheet
from adapters.sheets.report_workbook import write_report_workbook
from domain.documents.report import COLUMNS, LONGEST_CELL, ReportRow, csv_report, defused

ROWS = [
    ReportRow(
        number=2,
        status="ok",
        file_name="Zoë.docx",
        duration_us=1234,
        engine="typst",
        fidelity="exact",
    ),
    ReportRow(
        number=3, status="failed", error_code="row.not-a-date", error_message="=cmd|' /C calc'!A1"
    ),
]


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_csv_has_a_line_for_every_row() -> None:
    content = b"".join(csv_report(ROWS))

    assert content.startswith(b"\xef\xbb\xbf")
    assert read_csv(content) == [
        list(COLUMNS),
        ["2", "ok", "Zoë.docx", "", "", "1.234", "typst", "exact"],
        ["3", "failed", "", "row.not-a-date", "'=cmd|' /C calc'!A1", "", "", ""],
    ]
    assert b'"ok"' in content


def test_any_number_of_rows_streams_in_chunks() -> None:
    rows = (ReportRow(number=number, status="ok") for number in range(2_500))
    chunks = list(csv_report(rows))

    assert len(chunks) == 4
    assert len(read_csv(b"".join(chunks))) == 2_501


def test_the_workbook_says_the_same_and_has_no_formula(tmp_path: Path) -> None:
    write_report_workbook(tmp_path / "report.xlsx", ROWS)
    sheet = open_sheet(tmp_path / "report.xlsx")

    assert sheet.summary.columns == COLUMNS
    assert [row.cells for row in sheet.rows()] == [
        (2, "ok", "Zoë.docx", None, None, 1.234, "typst", "exact"),
        (3, "failed", None, "row.not-a-date", "'=cmd|' /C calc'!A1", None, None, None),
    ]


def test_the_same_rows_make_the_same_workbook(tmp_path: Path) -> None:
    sums = set()
    for name in ("a.xlsx", "b.xlsx"):
        write_report_workbook(tmp_path / name, ROWS)
        sums.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())

    assert len(sums) == 1


def test_a_report_without_rows_has_its_heading(tmp_path: Path) -> None:
    write_report_workbook(tmp_path / "empty.xlsx", [])

    assert open_sheet(tmp_path / "empty.xlsx").summary.columns == COLUMNS
    assert read_csv(b"".join(csv_report([]))) == [list(COLUMNS)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "=1+1",
            "+1+1",
            "-1+1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\nx",
            "|calc",
            "%x",
            " =1",
            "\u200b=1",
        ),
        *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "\u00a0\uff1dx", "-", "=", "+49 170 1"),
        "\u200b=1",
    ],
)
def test_what_may_start_a_formula_gets_an_apostrophe(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ada", "-12.5", "+5", "-1,5", "a=b", "1-2", "'=1", " x"])
def test_other_texts_and_plain_numbers_stay(text: str) -> None:
    assert defused(text) == text


def test_what_a_sheet_cannot_hold_is_replaced_or_cut() -> None:
    assert defused("a\x00b\ud800") == "a\ufffdb\ufffd"
    assert len(defused("=" + "x" * 100_000)) == LONGEST_CELL + 1


@given(st.text(max_size=40))
def test_no_text_breaks_the_lines_of_the_report(text: str) -> None:
    rows = [ReportRow(number=1, status="failed", error_message=text, file_name=text)]
    (_, line) = read_csv(b"".join(csv_report(rows)))

    assert (line[2], line[4]) == (defused(text), defused(text))
