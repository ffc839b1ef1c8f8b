"""What a document or a bulk run is asked to become."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.artifacts.artifact import ArtifactId
from domain.artifacts.media import DOCX
from domain.documents.rows import MissingPolicy


class DocumentFormat(StrEnum):
    DOCX = "docx"
    PDF = "pdf"


MEDIA_TYPES: Final = {DocumentFormat.DOCX: DOCX, DocumentFormat.PDF: "application/pdf"}


class Output(StrEnum):
    """What every row of a run becomes."""

    DOCX = "docx"
    PDF = "pdf"
    BOTH = "both"

    def formats(self) -> tuple[DocumentFormat, ...]:
        if self is Output.BOTH:
            return DocumentFormat.DOCX, DocumentFormat.PDF
        return (DocumentFormat(self.value),)

    def shard_rows(self) -> int:
        """Rows one job renders: about a second of work, so that a lost job loses little."""
        return 1_000 if self is Output.DOCX else 100


class PdfEngineChoice(StrEnum):
    AUTO = "auto"
    TYPST = "typst"
    WEASYPRINT = "weasyprint"
    LIBREOFFICE = "libreoffice"


@dataclass(frozen=True, slots=True, kw_only=True)
class FillOptions:
    """`locale` is how numbers and dates are written in the document, where a filter names none."""

    missing: MissingPolicy = MissingPolicy.ERROR
    pdf_engine: PdfEngineChoice = PdfEngineChoice.AUTO
    locale: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetReading:
    """How to read a sheet; None means: find out from the file."""

    delimiter: str | None = None
    encoding: str | None = None
    sheet_name: str | None = None
    header_row: int | None = None
    locale: str | None = None  # of numbers and dates in the cells


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSource:
    artifact_id: ArtifactId
    file_name: str
    reading: SheetReading = SheetReading()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """`mapping` names columns of fields, None where a field has none; the rest go by their names.

    `file_names` is a pattern like `{last_name} {ref}`; empty: the template's name and the row.
    """

    output: Output = Output.DOCX
    file_names: str = ""
    fill: FillOptions = FillOptions()
    mapping: dict[str, str | None] | None = None
    dry_run: bool = False

    def pattern(self, template_name: str) -> str:
        """The pattern of file names, without extension."""
        plain = template_name.replace("{", "{{").replace("}", "}}")
        return self.file_names or f"{plain} {{row_number}}"
