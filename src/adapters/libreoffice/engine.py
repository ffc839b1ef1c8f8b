"""A template drawn by LibreOffice: every row is filled into a DOCX first."""

from collections.abc import Callable, Sequence

from adapters.libreoffice.office import LibreOffice
from domain.documents.bindings import Bindings
from domain.documents.layout.failures import PdfNotDrawn
from domain.documents.ports import PdfEngine


class OfficeTemplate(PdfEngine):
    """`fill` makes the DOCX of a row's bindings."""

    def __init__(self, fill: Callable[[Bindings], bytes], office: LibreOffice) -> None:
        self._fill, self._office = fill, office

    def pdf(self, row: Bindings) -> bytes:
        return self._office.pdf(self._fill(row))

    def pdfs(self, rows: Sequence[Bindings]) -> list[bytes | PdfNotDrawn]:
        """Many rows at once: a start of the program costs as much as ten documents."""
        return self._office.pdfs([self._fill(row) for row in rows])

    def close(self) -> None:
        self._office.close()
