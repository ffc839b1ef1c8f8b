"""XLSX and ODS as records, through calamine, after the archive was looked through."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from lxml import etree
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from adapters.sheets.sheet_scan import SheetScan
from adapters.sheets.workbook_guard import Survey, survey
from domain.documents.sheet import (
    Cell,
    SheetDamaged,
    SheetEmpty,
    SheetEncrypted,
    SheetLimits,
    SheetNameUnknown,
    SheetTooLarge,
    SheetUnsupported,
    SheetWarning,
)

_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how XLSX writes what XML cannot carry
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL_LIMIT: Final = "Cell limit"  # how calamine says so for an ODS
_ROUGHLY: Final = 3  # a scan takes every sheet for 26 columns wide; the parser knows better
_WHOLE: Final = 1e15  # floats below it are exact
_NOT_A_SHEET: Final = {"word/": "docx", "ppt/": "pptx", "xl/workbook.bin": "xlsb"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """`format` is "xlsx" or "ods"; `sheet_name` is the sheet that is read."""

    format: str
    sheet_name: str
    sheet_names: tuple[str, ...]
    warnings: tuple[SheetWarning, ...]
    _sheet: CalamineSheet
    _scan: SheetScan
    _merged: dict[int, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, *, sheet_name: str | None, limits: SheetLimits) -> "Workbook":
        """Raises a SheetRefused or SheetTooLarge."""
        found = survey(path, limits)
        kind = _format(found)
        with _calamine_errors(limits), _named(path, kind) as named:
            book = CalamineWorkbook.from_path(named)
        name, names = _choose(book, sheet_name)
        scan = _scan_of(found, name) if kind == "xlsx" else SheetScan()
        if scan.cells > _ROUGHLY * limits.workbook_cells:
            raise _too_many_cells(limits)
        with _calamine_errors(limits):
            sheet = book.get_sheet_by_name(name)
        last_row, last_column = sheet.end or (0, 0)
        if (last_row + 1) * (last_column + 1) > limits.workbook_cells:
            raise _too_many_cells(limits)
        return cls(
            format=kind,
            sheet_name=name,
            sheet_names=names,
            warnings=_warnings(scan),
            _sheet=sheet,
            _scan=scan,
            _merged=_merged_rows(sheet),
        )

    def records(self) -> Iterator[tuple[int, list[Cell]]]:
        """Rows from the first of the sheet, columns from A."""
        start = self._sheet.start
        left: list[Cell] = [None] * (start[1] if start else 0)
        errors = self._scan.errors
        for row, values in enumerate(self._sheet.iter_rows()):
            cells = left + [_cell(value) for value in values]
            if row in errors:
                _put(cells, errors[row])
            if row in self._merged:
                for column, first in self._merged[row].items():
                    cells[column : column + 1] = [cells[first]]
            yield row + 1, cells


@contextmanager
def _named(path: Path, kind: str) -> Iterator[Path]:
    """The file under a name that ends like its format, since calamine goes by the name."""
    if path.suffix.lower() == f".{kind}":
        yield path
        return
    with TemporaryDirectory() as folder:
        named = Path(folder, f"sheet.{kind}")
        named.symlink_to(path.resolve())
        yield named


def _format(found: Survey) -> str:
    if "xl/workbook.xml" in found.names or b"spreadsheetml.sheet" in found.texts.get(
        "[Content_Types].xml", b""
    ):
        return "xlsx"
    if found.texts.get("mimetype", b"").startswith(_ODS):
        if b"encryption-data" in found.texts.get("META-INF/manifest.xml", b""):
            raise SheetEncrypted("The workbook is encrypted; save it without a password.")
        return "ods"
    kinds = (kind for part, kind in _NOT_A_SHEET.items() for n in found.names if n.startswith(part))
    kind = next(kinds, "zip")
    raise SheetUnsupported("This is no sheet; save it as CSV, XLSX or ODS.", format=kind)


def _choose(book: CalamineWorkbook, wanted: str | None) -> tuple[str, tuple[str, ...]]:
    """The wanted sheet, else the first that is shown."""
    sheets = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    names = tuple(each.name for each in sheets)
    if not names:
        raise SheetEmpty("The workbook has no sheet with cells.")
    if wanted is None:
        shown = (each.name for each in sheets if each.visible == SheetVisibleEnum.Visible)
        return next(shown, names[0]), names
    if wanted not in names:
        raise SheetNameUnknown(f"The workbook has no sheet “{wanted}”.", sheet_names=list(names))
    return wanted, names


def _scan_of(found: Survey, name: str) -> SheetScan:
    """What was seen of the sheet of that name; of all together when it is not clear which it is."""
    target = _part_of(found, name)
    if target in found.scans:
        return found.scans[target]
    whole = SheetScan()
    for scan in found.scans.values():
        whole.rows, whole.columns = max(whole.rows, scan.rows), max(whole.columns, scan.columns)
    return whole


def _part_of(found: Survey, name: str) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        book = etree.fromstring(bytes(found.texts.get("xl/workbook.xml", b"")), parser)
        relations = etree.fromstring(
            bytes(found.texts.get("xl/_rels/workbook.xml.rels", b"")), parser
        )
    except etree.XMLSyntaxError:
        return ""
    ids = {sheet.get("name"): sheet.get(_RELATION) for sheet in book.iter("{*}sheet")}
    targets = {each.get("Id"): each.get("Target") for each in relations.iter("{*}Relationship")}
    target = str(targets.get(ids.get(name)) or "")
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _warnings(scan: SheetScan) -> tuple[SheetWarning, ...]:
    if not scan.hidden:
        return ()
    rows = "row is" if scan.hidden == 1 else "rows are"
    message = f"{scan.hidden} hidden {rows} read like all others."
    return (SheetWarning(code="sheet.hidden-rows", message=message),)


def _merged_rows(sheet: CalamineSheet) -> dict[int, dict[int, int]]:
    """For cells merged across columns: the column whose value each of them shows, by row."""
    found: dict[int, dict[int, int]] = {}
    for (top, first), (bottom, last) in (sheet.merged_cell_ranges or [])[:10_000]:
        if top == bottom and last - first < 100:  # noqa: PLR2004 - wider ones are titles
            found.setdefault(top, {}).update(dict.fromkeys(range(first + 1, last + 1), first))
    return found


def _put(cells: list[Cell], errors: dict[int, str]) -> None:
    for column, error in errors.items():
        if column < len(cells):
            cells[column] = error


def _cell(value: Any) -> Cell:
    """Whole numbers without .0, midnights as dates, durations as people write them."""
    if value.__class__ is str:
        if "_x" in value:
            value = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
        return value or None
    if value.__class__ is float:
        return int(value) if value.is_integer() and abs(value) < _WHOLE else value
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    if isinstance(value, bool | int | float | date | datetime | time):
        return value
    return None


def _too_many_cells(limits: SheetLimits) -> SheetTooLarge:
    return SheetTooLarge(
        f"The sheet spans more than {limits.workbook_cells:,} cells; save it as CSV, or delete "
        "what lies far off.",
        what="cells",
        limit=limits.workbook_cells,
    )


@contextmanager
def _calamine_errors(limits: SheetLimits) -> Iterator[None]:
    """Whatever it finds wrong, and even its panics, mean a damaged workbook."""
    try:
        yield
    except PasswordError as error:
        raise SheetEncrypted("The workbook is encrypted; save it without a password.") from error
    except (CalamineError, OSError, ValueError) as error:
        if _CELL_LIMIT in str(error):
            raise _too_many_cells(limits) from error
        raise SheetDamaged("The workbook is damaged or made in an unknown way.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise SheetDamaged("The workbook is damaged or made in an unknown way.") from error
