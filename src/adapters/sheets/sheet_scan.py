"""What the XML of a workbook's sheet tells before it is parsed, found in passing while it inflates.

The parser reserves room for the whole rectangle between a sheet's outermost cells, does not say
what is hidden, and leaves errors out. Sheets are scanned in the form every office program writes
them in; a sheet in another form is still parsed, and then only the memory limit of the child
process stands between it and the machine.
"""

import re
from dataclasses import dataclass, field
from typing import Final

_OVERLAP: Final = 16
_TAIL: Final = 4096  # longer than any tag of a cell or a row
_ROW: Final = re.compile(rb'<row [^>]*?\br="(\d{1,40})"')
_WIDE: Final = re.compile(rb' r="([A-Z]{2,3})\d')
_HIDDEN: Final = re.compile(rb'<row [^>]*?\bhidden="(?:1|true)"')
_ERROR: Final = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*? t="e"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?'
    rb"<v>(#[A-Z0-9/?!_]{1,20})</v>"
)
_NARROW: Final = 26  # columns whose names have one letter
_MOST_ERRORS: Final = 100_000


class DtdWatch:
    """Whether a part defines entities or names a document type, in any encoding of ours."""

    def __init__(self) -> None:
        self._before = b""

    def sees(self, piece: bytes) -> bool:
        text = self._before + piece
        self._before = text[-_OVERLAP:]
        if b"<!" not in text and b"<\0!" not in text:
            return False
        plain = text.replace(b"\0", b"").upper()
        return b"<!DOCTYPE" in plain or b"<!ENTITY" in plain


@dataclass(slots=True)
class SheetScan:
    """`errors` are the texts of error cells by row and column, both from 0."""

    rows: int = 0
    columns: int = _NARROW
    hidden: int = 0
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    _before: bytes = b""
    _errors: int = 0

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Pieces in order; a tag that is cut in two is seen with the next piece."""
        text = self._before + piece
        cut = len(text) if last else max(text.rfind(b"<row ", -_TAIL), text.rfind(b"<c ", -_TAIL))
        if cut <= 0:
            cut = len(text)
        self._before, text = text[cut:], text[:cut]
        self.rows = max([self.rows, *map(int, _ROW.findall(text))])
        self.columns = max([self.columns, *map(column_number, set(_WIDE.findall(text)))])
        if b"hidden" in text:
            self.hidden += len(_HIDDEN.findall(text))
        if b' t="e"' in text:
            self._take_errors(text)

    def _take_errors(self, text: bytes) -> None:
        for letters, row, error in _ERROR.findall(text):
            if self._errors < _MOST_ERRORS:
                self._errors += 1
                cells = self.errors.setdefault(int(row) - 1, {})
                cells[column_number(letters) - 1] = error.decode("ascii")


def column_number(letters: bytes) -> int:
    """A is 1."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number
