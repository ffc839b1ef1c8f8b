"""A bulk run fills one template version once for every row of a sheet, shard by shard."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from domain.artifacts.artifact import ArtifactId
from domain.documents.run_options import RunOptions, SheetSource
from domain.documents.template_version import TemplateId
from domain.identity.access import UserId, WorkspaceId
from domain.jobs.job import JobId
from domain.kernel.errors import Conflict, Gone, Invalid, NotFound

BulkRunId = NewType("BulkRunId", UUID)
MAX_CORRECTIONS: Final = 1_000  # rows corrected in a request; more belong in a corrected sheet


class BulkRunNotFound(NotFound):
    code = "documents.bulk-run-not-found"


class BulkRowNotFound(NotFound):
    code = "documents.bulk-row-not-found"


class RunNotFinished(Conflict):
    code = "documents.run-not-finished"


class RunRefused(Conflict):
    """The job's word for a run that failed as a whole; facts: `refused_by`, the reason's code."""

    code = "documents.run-refused"


class RunAlreadyFinished(Conflict):
    code = "documents.run-already-finished"


class NothingToRetry(Conflict):
    code = "documents.nothing-to-retry"


class RowHasNoDocument(Conflict):
    """Facts: `row_status`, `error_code`."""

    code = "documents.row-has-no-document"


class DocumentExpired(Gone):
    code = "documents.document-expired"


class NoDocuments(Conflict):
    code = "documents.no-documents"


class ColumnsMissing(Invalid):
    """Facts: `fields` without a column, `columns` of the sheet."""

    code = "documents.columns-missing"


class UnknownColumn(Invalid):
    """A correction names a column that the sheet does not have; facts: `column`, `columns`."""

    code = "documents.unknown-column"


class NothingToCorrect(Invalid):
    """A correction names a row that is not there or has its document; facts: `rows`."""

    code = "documents.nothing-to-correct"


class TooManyCorrections(Invalid):
    """Facts: `limit`."""

    code = "documents.too-many-corrections"


class RunStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCESS = "success"  # also with failed rows: the report names them
    FAILED = "failed"  # no document at all
    CANCELLED = "cancelled"

    def is_terminal(self) -> bool:
        return self not in {RunStatus.QUEUED, RunStatus.PROCESSING}


class RunPhase(StrEnum):
    """What a run is at, or was at when it ended."""

    INTAKE = "intake"
    RENDERING = "rendering"
    ASSEMBLY = "assembly"
    DONE = "done"


class RowStatus(StrEnum):
    PENDING = "pending"
    OK = "ok"
    INVALID = "invalid"  # refused before any work
    FAILED = "failed"  # went wrong while its document was made

    @classmethod
    def retryable(cls) -> "tuple[RowStatus, RowStatus]":
        return cls.INVALID, cls.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError:
    """Why a run failed as a whole."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """New values for some columns of one row, by the sheet's own headings."""

    row_number: int
    values: dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """How the rows of a run stand; `total` includes those that are pending."""

    total: int = 0
    ok: int = 0
    invalid: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.ok + self.invalid + self.failed


@dataclass(eq=False, kw_only=True)
class BulkRun:
    """`round` counts the tries: 1 is the first, every retry of failed rows is one more."""

    id: BulkRunId
    workspace_id: WorkspaceId
    template_id: TemplateId
    template_number: int
    fields_revision: int
    name: str
    sheet: SheetSource
    options: RunOptions
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    corrections: tuple[Correction, ...] = ()
    status: RunStatus = RunStatus.QUEUED
    phase: RunPhase = RunPhase.INTAKE
    round: int = 1
    root_job_id: JobId | None = None
    shards: int = 0  # of this round
    shards_done: int = 0
    rows_total: int = 0
    rows_ok: int = 0
    rows_invalid: int = 0
    rows_failed: int = 0
    rendering_since: datetime | None = None
    finished_at: datetime | None = None
    error: RunError | None = None
    archive_id: ArtifactId | None = None
    report_csv_id: ArtifactId | None = None
    report_xlsx_id: ArtifactId | None = None
    version: int = 1

    @property
    def counts(self) -> RowCounts:
        return RowCounts(
            total=self.rows_total,
            ok=self.rows_ok,
            invalid=self.rows_invalid,
            failed=self.rows_failed,
        )

    def started(self, root: JobId, now: datetime) -> None:
        """The intake of this round is queued as job `root`."""
        self.root_job_id, self.updated_at = root, now

    def took_in(self, counts: RowCounts, *, shards: int, now: datetime) -> None:
        """Every row is checked; what is to be rendered lies in this round's `shards`."""
        self._require_live()
        self.rows_total, self.rows_ok = counts.total, counts.ok
        self.rows_invalid, self.rows_failed = counts.invalid, counts.failed
        self.shards, self.shards_done = shards, 0
        self.status, self.updated_at = RunStatus.PROCESSING, now
        self.phase = RunPhase.RENDERING if shards else RunPhase.ASSEMBLY
        self.rendering_since = now if shards else None

    def finish(self, now: datetime) -> None:
        """Partial success is success: the report tells which rows have no document, and why."""
        self._require_live()
        fruitless = self.rows_ok == 0 and not self.options.dry_run
        self.status = RunStatus.FAILED if fruitless else RunStatus.SUCCESS
        if fruitless:
            self.error = RunError(
                code="documents.no-row-succeeded",
                message="No row became a document; the report says why, row by row.",
            )
        self.phase, self.finished_at, self.updated_at = RunPhase.DONE, now, now

    def fail(self, error: RunError, now: datetime) -> None:
        """The run cannot go on: its sheet cannot be read, or a worker gave up."""
        self._require_live()
        self.status, self.error = RunStatus.FAILED, error
        self.finished_at = self.updated_at = now

    def cancel(self, now: datetime) -> None:
        """What is finished stays; what is not is never made."""
        self._require_live()
        self.status = RunStatus.CANCELLED
        self.finished_at = self.updated_at = now

    def retry(self, now: datetime, *, sheet: SheetSource | None = None) -> None:
        """Start the next round: rows without a document are checked and rendered again."""
        if not self.status.is_terminal():
            raise RunNotFinished("The run is still going on; wait for its end or cancel it.")
        if self.status is RunStatus.SUCCESS and not self.rows_invalid + self.rows_failed:
            raise NothingToRetry("Every row of this run has its document.")
        self.sheet = sheet or self.sheet
        self.status, self.phase, self.round = RunStatus.QUEUED, RunPhase.INTAKE, self.round + 1
        self.error = self.finished_at = self.root_job_id = None
        self.updated_at = now

    def correct(self, corrections: tuple[Correction, ...]) -> None:
        """Keep the newest value of every corrected cell, for this round and those after it."""
        if len(corrections) > MAX_CORRECTIONS:
            raise TooManyCorrections(
                f"At most {MAX_CORRECTIONS} rows can be corrected in one request; "
                "send a corrected sheet instead.",
                limit=MAX_CORRECTIONS,
            )
        merged = {each.row_number: each.values for each in self.corrections}
        for each in corrections:
            merged[each.row_number] = merged.get(each.row_number, {}) | each.values
        self.corrections = tuple(
            Correction(row_number=number, values=values)
            for number, values in sorted(merged.items())
        )

    def keep_corrections_of(self, columns: Collection[str]) -> None:
        """Forget those that name other columns: they would spoil every round to come."""
        kept = (
            Correction(
                row_number=each.row_number,
                values={name: cell for name, cell in each.values.items() if name in columns},
            )
            for each in self.corrections
        )
        self.corrections = tuple(each for each in kept if each.values)

    def require_documents(self) -> None:
        """Raises when there is nothing an archive could hold."""
        if not self.status.is_terminal():
            raise RunNotFinished("The run is still going on; its archive is made at the end.")
        if not self.rows_ok:
            raise NoDocuments("No row of this run has a document.")

    def _require_live(self) -> None:
        if self.status.is_terminal():
            raise RunAlreadyFinished(
                f"The run is over: {self.status}.", run_status=self.status, phase=self.phase
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A bulk run as lists show it."""

    id: BulkRunId
    template_id: TemplateId
    template_number: int
    name: str
    status: RunStatus
    phase: RunPhase
    round: int
    rows_total: int
    rows_ok: int
    rows_invalid: int
    rows_failed: int
    created_by: UserId
    created_at: datetime
    finished_at: datetime | None
