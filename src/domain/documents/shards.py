"""Shards: runs of rows that one job renders into one object, a run of stored ZIP members."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import BlobInfo
from domain.documents.bulk_run import RowCounts, RowStatus
from domain.documents.run_options import DocumentFormat
from domain.kernel.errors import NotFound


class ShardNotFound(NotFound):
    code = "documents.shard-not-found"


class Settled(StrEnum):
    """What the end of a shard means for its run."""

    GOES_ON = "goes-on"
    LAST = "last"
    TOO_LATE = "too-late"  # the run was cancelled, or somebody else settled the shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A range of bytes of an object."""

    key: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """`first_row` and `last_row` are row numbers; between them may be rows of no shard."""

    round: int
    number: int
    first_row: int
    last_row: int
    rows: int
    input: Slice
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardResult:
    """What a shard became; `rows_json` is the outcome of each row, as the rows table takes it.

    `object` holds `members_size` bytes of ZIP members, then their directory; it is None when no
    row became a document.
    """

    rows_ok: int
    rows_failed: int
    rows_json: bytes
    object: BlobInfo | None
    members: int
    members_size: int
    engine: str
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardObject:
    """A finished shard's object, as an archive takes it up."""

    artifact_id: ArtifactId | None  # None once retention removed it
    key: str
    size: int
    members: int
    members_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is; rates count from the moment its rendering began."""

    counts: RowCounts
    shards: int
    shards_done: int
    seconds: float

    def with_more(self, rows: int) -> "RunProgress":
        """As it stands with rows that are made but not recorded yet."""
        return replace(self, counts=replace(self.counts, ok=self.counts.ok + rows))

    @property
    def rows_per_second(self) -> float:
        rendered = self.counts.ok + self.counts.failed
        return rendered / self.seconds if self.seconds > 0 else 0.0

    @property
    def eta_seconds(self) -> float | None:
        """None while nothing is known yet."""
        rate = self.rows_per_second
        return (self.counts.total - self.counts.done) / rate if rate > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDocument:
    """Where one row's document lies, and what it is called; the artifact holds the whole shard."""

    file_name: str
    format: DocumentFormat
    artifact_id: ArtifactId
    place: Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One row of a run, as its watchers see it."""

    row_number: int
    status: RowStatus
    round: int
    file_name: str | None
    docx_size: int | None
    pdf_size: int | None
    duration_us: int | None
    error_code: str | None
    error_message: str | None
    errors: tuple[dict[str, object], ...]
