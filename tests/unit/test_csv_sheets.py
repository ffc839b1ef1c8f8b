"""Text files of any make read as the sheets people meant."""

import csv
import io
import tempfile
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sheets.delimiters import find_delimiter
from adapters.sheets.opening import OpenSheet, open_sheet
from domain.documents.run_options import SheetReading
from domain.documents.sheet import (
    BadSheetReading,
    Cell,
    SheetEmpty,
    SheetEncodingWrong,
    SheetLimits,
    SheetNotText,
    SheetRefused,
    SheetTooLarge,
    SheetUnclosedQuote,
    SheetUnsupported,
)

FOLDER = tempfile.TemporaryDirectory()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sheet.csv"


def opened(file: Path, content: bytes | str, **reading: object) -> OpenSheet:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_sheet(file, SheetReading(**reading))  # type: ignore[arg-type]


def cells(sheet: OpenSheet) -> list[tuple[Cell, ...]]:
    return [row.cells for row in sheet.rows()]


def codes(sheet: OpenSheet) -> list[str]:
    return [warning.code for warning in sheet.summary.warnings]


def test_a_plain_sheet_has_columns_and_numbered_rows(file: Path) -> None:
    sheet = opened(file, "name,city\nAda,Graz\n\nBob,\n")

    assert (sheet.summary.format, sheet.summary.columns) == ("csv", ("name", "city"))
    assert [(row.number, row.cells) for row in sheet.rows()] == [
        (2, ("Ada", "Graz")),
        (4, ("Bob", None)),
    ]
    assert cells(sheet) == cells(sheet)
    assert sheet.summary.warnings == ()


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_understood(file: Path, ends: str) -> None:
    sheet = opened(file, ends.join(["a;b", "1;2", '"x', 'y";3', ""]))

    assert cells(sheet) == [("1", "2"), (f"x{ends}y", "3")]


def test_line_ends_may_be_mixed(file: Path) -> None:
    assert cells(opened(file, "a,b\r\n1,2\n3,4\r5,6")) == [("1", "2"), ("3", "4"), ("5", "6")]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb\n1,5\t2;5\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("name\nAda\nBob\n", ","),
        ("name\nLovelace, Ada\nBabbage, Charles\n", ","),
        ('a,b\n"x;y;z",2\n"p;q",3\n', ","),
        ("a:b\n1:2\n", ":"),
        ("", ","),
        ('"a', ","),
        ("sum;note\n5;one, two\n6;three\n7;x, y, z\n", ";"),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str) -> None:
    assert find_delimiter(text) == delimiter


def test_a_hint_for_excel_names_the_delimiter_and_is_no_row(file: Path) -> None:
    sheet = opened(file, "sep=^\r\na^b,c\r\n1^2\r\n")

    assert sheet.summary.columns == ("a", "b,c")
    assert [row.number for row in sheet.rows()] == [2]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_unicode_is_recognised_for_certain(file: Path, encoding: str, found: str) -> None:
    sheet = opened(file, "name,city\nZoë,Łódź\n".encode(encoding))

    assert cells(sheet) == [("Zoë", "Łódź")]
    assert (sheet.summary.encoding, sheet.summary.confidence) == (found, 1.0)
    assert codes(sheet) == []


def test_a_letter_far_down_decides(file: Path) -> None:
    rows = "name\n" + "Ada\n" * 100_000
    assert opened(file, (rows + "Zoë\n").encode()).summary.encoding == "utf-8"
    sheet = opened(file, (rows + "Zoë\n").encode("cp1252"))

    assert sheet.summary.encoding == "cp1252"
    assert sheet.summary.samples == ("Zoë",)
    assert next(islice(sheet.rows(), 100_000, None)).cells == ("Zoë",)


def test_other_encodings_are_guessed_and_shown(file: Path) -> None:
    text = "name;city\nJosé;Malmö\nÅsa;Zürich\nLiam O’Neil;50 €\n"
    sheet = opened(file, text.encode("cp1252"))

    assert cells(sheet)[0] == ("José", "Malmö")
    assert sheet.summary.encoding == "cp1252"
    assert 0.6 < sheet.summary.confidence <= 0.9
    assert sheet.summary.samples[:2] == ("José", "Malmö")
    assert codes(sheet) == ["sheet.encoding-guessed"]


def test_a_wrong_guess_is_less_sure_and_can_be_overruled(file: Path) -> None:
    content = "имя;город\nАда;Киев\nБорис;Прага\n".encode("cp1251")  # noqa: RUF001
    western = opened(file, "name;city\nJosé;Malmö\n".encode("cp1252")).summary.confidence

    assert opened(file, content).summary.confidence < western
    overruled = opened(file, content, encoding="windows-1251")
    assert cells(overruled)[0] == ("Ада", "Киев")
    assert (overruled.summary.encoding, overruled.summary.confidence) == ("cp1251", 1.0)


@pytest.mark.parametrize(
    ("content", "reading", "error"),
    [
        (b"", {}, SheetEmpty),
        (b"\n\n , ,\n", {}, SheetEmpty),
        (b"\xef\xbb\xbf", {}, SheetEmpty),
        (b"a\nZo\xeb", {"encoding": "utf-8"}, SheetEncodingWrong),
        (b"\xef\xbb\xbfa\n\xff\xfe", {}, SheetEncodingWrong),
        (b"\xff\xfea\x00b", {}, SheetEncodingWrong),
        (b"a,b", {"encoding": "zip"}, BadSheetReading),
        (b"a,b", {"encoding": "unicode_escape"}, BadSheetReading),
        (b"a,b", {"encoding": "idna"}, BadSheetReading),
        (b"a,b", {"encoding": "x" * 10_000}, BadSheetReading),
        (b"a,b", {"encoding": "\0"}, BadSheetReading),
        (b"a,b", {"delimiter": ""}, BadSheetReading),
        (b"a,b", {"delimiter": ",,"}, BadSheetReading),
        (b"a,b", {"delimiter": '"'}, BadSheetReading),
        (b"a,b", {"header_row": 3}, BadSheetReading),
        (b"a,b", {"header_row": -1}, BadSheetReading),
        (b'a,b\n1,2\n3,"4\n5,6\n', {}, SheetUnclosedQuote),
        (b'a,b\n1,"2', {}, SheetUnclosedQuote),
        (bytes(range(256)) * 20, {}, SheetNotText),
        (b"\x00" * 5000, {}, SheetNotText),
        (b"%PDF-1.7\n", {}, SheetUnsupported),
        (b"<html><table>", {}, SheetUnsupported),
        (b"\xef\xbb\xbf <!DOCTYPE html>", {}, SheetUnsupported),
        (b"<?xml version='1.0'?><Workbook/>", {}, SheetUnsupported),
        (b"\x1f\x8b\x08", {}, SheetUnsupported),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), {}, SheetUnsupported),
    ],
)
def test_what_is_no_sheet_is_refused_with_its_code(
    file: Path, content: bytes, reading: dict[str, object], error: type[SheetRefused]
) -> None:
    with pytest.raises(error):
        cells(opened(file, content, **reading))


def test_the_row_of_an_open_quote_is_told(file: Path) -> None:
    with pytest.raises(SheetUnclosedQuote) as refused:
        cells(opened(file, 'a,b\n1,2\n3,"4\n5,6\n'))

    assert refused.value.facts == {"row": 3}


def test_quotes_are_understood_as_people_misuse_them(file: Path) -> None:
    sheet = opened(file, 'a,b\n"He said ""hi""",5" pipe\n"x"y,"\n"\n')

    assert cells(sheet) == [('He said "hi"', '5" pipe'), ("xy", "\n")]


def test_zeros_inside_cells_are_dropped(file: Path) -> None:
    assert cells(opened(file, b"a,b\n" + b"1,2\n" * 60 + b"x\x00y,\x002\n"))[-1] == ("xy", "2")


def test_ragged_rows_are_filled_up_and_surplus_is_counted(file: Path) -> None:
    sheet = opened(file, "a,b,,\n1\n1,2,3\n1,2,,,4,5\n1,2,,,\n")

    assert sheet.summary.columns == ("a", "b")
    assert [(row.cells, row.surplus) for row in sheet.rows()] == [
        (("1", None), 0),
        (("1", "2"), 1),
        (("1", "2"), 2),
        (("1", "2"), 0),
    ]


def test_headings_are_made_unique_and_never_empty(file: Path) -> None:
    sheet = opened(file, " first  name ,,name,name,name (2)\n1,2,3,4,5\n")

    assert sheet.summary.columns == ("first name", "Column B", "name", "name (2)", "name (2) (2)")
    assert codes(sheet) == ["sheet.heading-missing", "sheet.heading-double"]


def test_the_heading_may_be_further_down(file: Path) -> None:
    sheet = opened(file, "List of people\n\nname,city\nAda,Graz\n", header_row=3)

    assert (sheet.summary.columns, sheet.summary.header_row) == (("name", "city"), 3)
    assert cells(sheet) == [("Ada", "Graz")]


@pytest.mark.parametrize(
    ("text", "limits", "what"),
    [
        ("a\n1\n2\n3\n", SheetLimits(rows=2), "rows"),
        ("a,b,c\n", SheetLimits(columns=2), "columns"),
        ("a\n" + "x" * 200, SheetLimits(cell_bytes=100), "cell"),
        ("a\n" + ",".join("x" * 500), SheetLimits(row_bytes=300), "row"),
        ('a\n"' + "x\n" * 500, SheetLimits(row_bytes=300), "row"),
        ("a,b" * 1000, SheetLimits(row_bytes=300), "row"),
    ],
)
def test_what_is_too_large_says_what(file: Path, text: str, limits: SheetLimits, what: str) -> None:
    file.write_text(text)

    with pytest.raises(SheetTooLarge) as refused:
        cells(open_sheet(file, limits=limits))

    assert refused.value.facts["what"] == what


def test_reading_stops_when_the_reader_does(file: Path) -> None:
    sheet = opened(file, "a\n" + "1\n" * 10)

    assert len(list(islice(sheet.rows(), 3))) == 3


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r\n"), max_size=12)
tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), min_size=1, max_size=8)
)


@given(tables, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8-sig", "utf-16"]))
def test_any_table_written_by_a_program_is_read_back(
    table: list[list[str]], delimiter: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    heads = [f"column {number}" for number in range(len(table[0]))]
    csv.writer(text, delimiter=delimiter).writerows([heads, *table])
    file = Path(FOLDER.name) / "any.csv"
    sheet = opened(file, text.getvalue().encode(encoding))
    filled = [row for row in table if any(cell and not cell.isspace() for cell in row)]

    assert [[cell or "" for cell in row] for row in cells(sheet)] == filled


@given(st.binary(max_size=300))
def test_no_bytes_upset_the_reader(content: bytes) -> None:
    file = Path(FOLDER.name) / "bytes.csv"

    with suppress(SheetRefused, SheetTooLarge):
        assert all(len(row) for row in cells(opened(file, content)))
