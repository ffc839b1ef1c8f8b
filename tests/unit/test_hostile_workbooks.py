"""Hostile and broken workbooks are refused with their code, and nothing crashes."""

# ruff: noqa: DTZ001 - the times of a sheet are in no zone
import struct
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.sheets.opening import OpenSheet, open_sheet
from domain.documents.run_options import SheetReading
from domain.documents.sheet import Cell, SheetLimits
from domain.kernel.errors import DomainError
from workbooks import MIMETYPE, a_zip, an_ods, an_xlsx, changed, with_rows


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sheet.any"


def rows(sheet: OpenSheet) -> list[tuple[int, tuple[Cell, ...]]]:
    return [(row.number, row.cells) for row in sheet.rows()]


def code(file: Path, limits: SheetLimits | None = None, **reading: Any) -> str:
    with pytest.raises(DomainError) as refused:
        rows(open_sheet(file, SheetReading(**reading), limits or SheetLimits()))
    return refused.value.code


def patched(content: bytes, what: bytes, offset: int, patch: bytes) -> bytes:
    """Bytes overwritten behind the last occurrence of `what`."""
    at = content.rindex(what) + offset
    return content[:at] + patch + content[at + len(patch) :]


BOOK = a_zip([("xl/workbook.xml", b"<workbook/>"), ("a.xml", b"<a/>")])
CENTRAL = b"PK\x01\x02"
HOSTILE: dict[str, tuple[bytes, str]] = {
    "traversal": (a_zip([("../../etc/x", b"")]), "documents.sheet-hostile"),
    "absolute": (a_zip([("/etc/x", b"")]), "documents.sheet-hostile"),
    "backslashes": (a_zip([("..\\..\\x", b"")]), "documents.sheet-hostile"),
    "drive": (a_zip([("C:\\x", b"")]), "documents.sheet-hostile"),
    "long name": (a_zip([("x" * 300, b"")]), "documents.sheet-hostile"),
    "same name": (a_zip([("a.xml", b""), ("A.xml", b"")]), "documents.sheet-hostile"),
    "method": (a_zip([("a.xml", b"x")], zipfile.ZIP_BZIP2), "documents.sheet-hostile"),
    "link": (patched(BOOK, CENTRAL, 40, b"\xff\xa1"), "documents.sheet-hostile"),
    "encrypted": (patched(BOOK, CENTRAL, 8, b"\x01\x00"), "documents.sheet-encrypted"),
    "members": (a_zip([(f"{n}", b"") for n in range(2_001)]), "documents.sheet-bomb"),
    "directory": (a_zip([(f"{n:0200}", b"") for n in range(5_000)]), "documents.sheet-bomb"),
    "ratio": (a_zip([("a.bin", bytes(8 << 20))]), "documents.sheet-bomb"),
    "checksum": (patched(BOOK, CENTRAL, 16, b"\0\0\0\0"), "documents.sheet-damaged"),
    "size": (patched(BOOK, CENTRAL, 24, b"\1\0\0\0"), "documents.sheet-damaged"),
    "truncated": (BOOK[:-30], "documents.sheet-damaged"),
    "beginning": (BOOK[:10], "documents.sheet-damaged"),
    "nothing": (b"PK", "documents.sheet-damaged"),
    "overlap": (patched(BOOK, CENTRAL, 42, b"\0\0\0\0"), "documents.sheet-hostile"),
    "two names": (BOOK.replace(b"a.xml", b"b.xml", 1), "documents.sheet-hostile"),
    "no book": (BOOK, "documents.sheet-damaged"),
    "word": (a_zip([("word/document.xml", b"<w/>")]), "documents.sheet-unsupported"),
    "binary": (a_zip([("xl/workbook.bin", b"")]), "documents.sheet-unsupported"),
    "zip": (a_zip([("readme.txt", b"")]), "documents.sheet-unsupported"),
    "empty": (a_zip([]), "documents.sheet-unsupported"),
    "dtd": (
        a_zip([("xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><workbook/>')]),
        "documents.sheet-hostile",
    ),
    "wide dtd": (
        a_zip([("xl/workbook.xml", '\ufeff<!doctype a SYSTEM "x">'.encode("utf-16-le"))]),
        "documents.sheet-hostile",
    ),
    "billion laughs": (
        a_zip([("x.xml", b" " * 300_000 + b'<!ENTITY a "&b;&b;">')]),
        "documents.sheet-hostile",
    ),
    "secret ods": (
        a_zip(
            [
                ("mimetype", MIMETYPE.encode()),
                ("META-INF/manifest.xml", b"<manifest:encryption-data/>"),
            ]
        ),
        "documents.sheet-encrypted",
    ),
    "hollow ods": (a_zip([("mimetype", MIMETYPE.encode())]), "documents.sheet-damaged"),
    "secret xlsx": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000) + "EncryptedPackage".encode("utf-16-le"),
        "documents.sheet-encrypted",
    ),
    "old xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), "documents.sheet-unsupported"),
    "polyglot": (b"%PDF-1.7\n" + BOOK, "documents.sheet-unsupported"),
    "script before": (b"#!/bin/sh\nexit\n" + BOOK, "documents.sheet-not-text"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_broken_archives_are_refused_with_their_code(file: Path, name: str) -> None:
    content, expected = HOSTILE[name]
    file.write_bytes(content)

    assert code(file) == expected


def test_cells_repeated_beyond_all_measure_are_too_many(file: Path) -> None:
    bomb = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
        "</table:table-row>"
    )
    an_ods(file, [["name"]], extra=bomb)

    assert code(file) == "documents.sheet-too-large"


def test_all_parts_together_may_not_be_too_much(file: Path) -> None:
    an_xlsx(file, {"S": [["a" * 20] * 20] * 50})

    assert code(file, SheetLimits(unpacked_bytes=5_000)) == "documents.sheet-bomb"


def test_a_dtd_that_lies_across_pieces_is_seen(file: Path) -> None:
    for before in range((1 << 18) - 12, (1 << 18) + 2, 3):
        file.write_bytes(a_zip([("x.xml", b" " * before + b"<!DOCTYPE a>")], zipfile.ZIP_STORED))

        assert code(file) == "documents.sheet-hostile"


@pytest.mark.parametrize(
    "sheet",
    [
        "<row r='1'><c r='A1'><v>1</v></c>",
        "<row><c><v>1</v></c></row></oops>",
        '<row r="0"><c r="A0"><v>1</v></c></row>',
        '<row r="1"><c r="1A"><v>1</v></c></row>',
        '<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>999999</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" s="999"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>nonsense</v></c></row>',
        '<row r="1"><c r="A1" t="d"><v>2026-99-99</v></c></row>',
        '<row r="1"><c r="AAAAAAAA1"><v>1</v></c></row>',
    ],
)
def test_sheets_of_broken_markup_are_read_or_refused(file: Path, sheet: str) -> None:
    with_rows(file, sheet)
    try:
        rows(open_sheet(file))
        outcome = "read"
    except DomainError as refused:
        outcome = refused.code

    assert outcome in {"read", "documents.sheet-damaged", "documents.sheet-too-large"} | {
        "documents.sheet-empty"
    }


def test_a_date_beyond_all_calendars_does_not_crash(file: Path) -> None:
    an_xlsx(file, {"S": [["a"], [datetime(2026, 1, 1)]]})
    changed(
        file,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v>46023</v>", b"<v>99999999999999</v>"),
    )

    assert len(rows(open_sheet(file))) == 1


def test_many_random_damages_are_refused_or_read(file: Path) -> None:
    whole = an_xlsx(file, {"S": [["a", "b"], ["1", 2], ["x", datetime(2026, 1, 1)]]}).read_bytes()
    outcomes = set()
    for place in range(0, len(whole), 41):
        broken = bytearray(whole)
        struct.pack_into("<B", broken, place, broken[place] ^ 0x55)
        file.write_bytes(broken)
        try:
            rows(open_sheet(file))
            outcomes.add("read")
        except DomainError as refused:
            outcomes.add(refused.code)

    assert "documents.sheet-damaged" in outcomes
    assert all(outcome == "read" or outcome.startswith("documents.") for outcome in outcomes)
