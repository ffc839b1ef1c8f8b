"""Workbooks made by code: whole, odd and hostile ones."""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def an_xlsx(path: Path, sheets: Mapping[str, Iterable[Sequence[Any]]], **options: Any) -> Path:
    """A workbook with these sheets; dates get a date format."""
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy", **options}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, datetime | date):
                        sheet.write_datetime(number, column, cell)
                    elif isinstance(cell, str):
                        sheet.write_string(number, column, cell)
                    elif cell is not None:
                        sheet.write(number, column, cell)
    return path


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The same archive with one part rewritten."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", 8) as target:
        for member in source.infolist():
            content = source.read(member)
            target.writestr(
                member.filename, change(content) if member.filename == part else content
            )
    path.write_bytes(packed.getvalue())
    return path


def with_rows(path: Path, rows: str) -> Path:
    """An XLSX whose first sheet has just these rows, as XML."""
    an_xlsx(path, {"Sheet1": [["x"]]})

    def put(xml: bytes) -> bytes:
        start, end = xml.index(b"<sheetData>"), xml.index(b"</sheetData>")
        return xml[:start] + b"<sheetData>" + rows.encode() + xml[end:]

    return changed(path, "xl/worksheets/sheet1.xml", put)


def an_ods(path: Path, rows: Iterable[Sequence[str | float]], *, extra: str = "") -> Path:
    """One sheet, “Tabelle1”; `extra` is XML behind its rows."""
    body = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
    )
    content = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Tabelle1">{body}{extra}</table:table>
</office:spreadsheet></office:body></office:document-content>"""
    manifest = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE}"/>
</manifest:manifest>"""
    with zipfile.ZipFile(path, "w", 8) as archive:
        archive.writestr("mimetype", MIMETYPE, 0)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


def _ods_cell(cell: str | float) -> str:
    if isinstance(cell, str):
        return (
            '<table:table-cell office:value-type="string">'
            f"<text:p>{escape(cell)}</text:p></table:table-cell>"
        )
    return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'


def a_zip(members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members:
            member = zipfile.ZipInfo(name)  # of 1980, always
            archive.writestr(member, content, method)
    return packed.getvalue()
