"""What bulk runs look like on the wire."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

import msgspec

from application.documents.retry_bulk_run import RetryBulkRun
from application.documents.start_bulk_run import StartBulkRun
from domain.artifacts.artifact import ArtifactId
from domain.documents.bulk_run import (
    MAX_CORRECTIONS,
    BulkRun,
    BulkRunId,
    Correction,
    RunPhase,
    RunStatus,
)
from domain.documents.rows import MissingPolicy
from domain.documents.run_options import Output, PdfEngineChoice, RunOptions
from domain.documents.shards import RunProgress
from domain.documents.template_version import TemplateId
from entrypoints.http.documents import FillOptionsRequest, Name, Number
from entrypoints.http.sheets import ReadingRequest

Text = Annotated[str, msgspec.Meta(max_length=500)]


class RunRequest(FillOptionsRequest, forbid_unknown_fields=True, kw_only=True):
    """`mapping` names the columns of fields (null: none); others are found by their names.

    `file_names` is a pattern such as `{last_name} {ref}`. `dry_run` checks every row, no more.
    """

    template_id: UUID
    sheet_id: UUID
    version: Number | None = None
    name: Name = ""
    reading: ReadingRequest = msgspec.field(default_factory=ReadingRequest)
    mapping: Annotated[dict[Text, Text | None], msgspec.Meta(max_length=2_000)] | None = None
    output: Output = Output.DOCX
    file_names: Text = ""
    dry_run: bool = False

    def command(self) -> StartBulkRun:
        return StartBulkRun(
            template_id=TemplateId(self.template_id),
            sheet_id=ArtifactId(self.sheet_id),
            number=self.version,
            name=self.name,
            reading=self.reading.reading(),
            options=RunOptions(
                output=self.output,
                file_names=self.file_names,
                fill=self.options(),
                mapping=self.mapping,
                dry_run=self.dry_run,
            ),
        )


class CorrectionRequest(msgspec.Struct, forbid_unknown_fields=True):
    """New cells of one row, by the sheet's headings; null empties a cell."""

    row_number: Number
    values: dict[str, str | None]


class RetryRunRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A corrected sheet has its rows at the same places as the first one."""

    corrections: Annotated[
        tuple[CorrectionRequest, ...], msgspec.Meta(max_length=MAX_CORRECTIONS)
    ] = ()
    sheet_id: UUID | None = None
    reading: ReadingRequest | None = None

    def command(self, run_id: UUID) -> RetryBulkRun:
        return RetryBulkRun(
            run_id=BulkRunId(run_id),
            corrections=tuple(
                Correction(row_number=each.row_number, values=each.values)
                for each in self.corrections
            ),
            sheet_id=None if self.sheet_id is None else ArtifactId(self.sheet_id),
            reading=None if self.reading is None else self.reading.reading(),
        )


class RunErrorResponse(msgspec.Struct):
    code: str
    message: str


class RunOptionsResponse(msgspec.Struct):
    output: Output
    file_names: str
    missing: MissingPolicy
    pdf_engine: PdfEngineChoice
    locale: str
    mapping: dict[str, str | None] | None
    dry_run: bool


class RunLineResponse(msgspec.Struct):
    """A run in a list. `round` is 1, and one more with every retry."""

    id: UUID
    template_id: UUID
    template_number: int
    name: str
    status: RunStatus
    phase: RunPhase
    round: int
    rows_total: int
    rows_ok: int
    rows_invalid: int
    rows_failed: int
    created_by: UUID
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, line: object) -> Self:
        return msgspec.convert(line, cls, from_attributes=True)


class RunResponse(msgspec.Struct):
    """`job_id` is the root of its jobs: its events tell how far the run is.

    The files are artifacts: `/v1/artifacts/{id}/download`. Success with failed rows is success;
    the reports name every row.
    """

    id: UUID
    template_id: UUID
    template_number: int
    fields_revision: int
    name: str
    options: RunOptionsResponse
    status: RunStatus
    phase: RunPhase
    round: int
    job_id: UUID | None
    rows_total: int
    rows_done: int
    rows_ok: int
    rows_invalid: int
    rows_failed: int
    rows_per_second: float
    eta_seconds: float | None
    error: RunErrorResponse | None
    archive_id: UUID | None
    report_csv_id: UUID | None
    report_xlsx_id: UUID | None
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, run: BulkRun, progress: RunProgress) -> Self:
        known = {name: getattr(run, name) for name in _SAME}
        fill = run.options.fill
        going_on = run.status is RunStatus.PROCESSING
        eta = progress.eta_seconds
        return cls(
            **known,
            options=RunOptionsResponse(
                output=run.options.output,
                file_names=run.options.file_names,
                missing=fill.missing,
                pdf_engine=fill.pdf_engine,
                locale=fill.locale,
                mapping=run.options.mapping,
                dry_run=run.options.dry_run,
            ),
            job_id=run.root_job_id,
            rows_done=run.counts.done,
            rows_per_second=round(progress.rows_per_second, 1),
            eta_seconds=round(eta, 1) if going_on and eta is not None else None,
            error=None
            if run.error is None
            else msgspec.convert(run.error, RunErrorResponse, from_attributes=True),
        )


_SAME: Final = (
    *("id", "template_id", "template_number", "fields_revision", "name", "status", "phase"),
    *("round", "rows_total", "rows_ok", "rows_invalid", "rows_failed"),
    *("archive_id", "report_csv_id", "report_xlsx_id"),
    *("created_by", "created_at", "updated_at", "finished_at"),
)
