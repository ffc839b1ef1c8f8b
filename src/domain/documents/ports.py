"""What the documents context needs from the outside: its records and its engines."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from domain.artifacts.artifact import ArtifactId
from domain.artifacts.ports import BlobInfo
from domain.documents.bindings import Bindings
from domain.documents.bulk_run import (
    BulkRun,
    BulkRunId,
    RowCounts,
    RowStatus,
    RunLine,
    RunStatus,
)
from domain.documents.fields import TemplateField
from domain.documents.rendering import (
    Content,
    Filled,
    FillOrder,
    Inspection,
    IntakeChunk,
    IntakeOrder,
    IntakeResult,
    Preview,
    PreviewKind,
    ShardOrder,
    SheetInspection,
    TemplateSource,
)
from domain.documents.run_options import DocumentFormat, Output, SheetReading
from domain.documents.shards import (
    RowDocument,
    RowView,
    RunProgress,
    Settled,
    Shard,
    ShardObject,
    ShardResult,
)
from domain.documents.template import Template, TemplateLine
from domain.documents.template_version import FieldSet, Syntaxes, TemplateId, TemplateVersion
from domain.identity.access import WorkspaceId
from domain.kernel.pages import Page, PageRequest


class Templates(Protocol):
    @abstractmethod
    def add(self, template: Template) -> None: ...

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, template_id: TemplateId) -> Template:
        """Raises TemplateNotFound, also for a template of another workspace."""

    @abstractmethod
    async def remove(self, template: Template) -> None:
        """With all its versions. Raises TemplateInUse while bulk runs were made from it."""


class TemplateLines(Protocol):
    @abstractmethod
    async def page(
        self,
        workspace_id: WorkspaceId,
        *,
        search: str | None,
        archived: bool,
        request: PageRequest,
    ) -> Page[TemplateLine]:
        """Newest first; `search` is found anywhere in a name, whatever the case."""


class TemplateVersions(Protocol):
    """Versions are added and read; nothing changes them."""

    @abstractmethod
    async def add(self, version: TemplateVersion, fields: tuple[TemplateField, ...]) -> None:
        """With its fields as detected, revision 1."""

    @abstractmethod
    async def get(
        self, workspace_id: WorkspaceId, template_id: TemplateId, number: int
    ) -> TemplateVersion:
        """Raises VersionNotFound."""

    @abstractmethod
    async def of(
        self, workspace_id: WorkspaceId, template_id: TemplateId, request: PageRequest
    ) -> Page[TemplateVersion]:
        """The newest first."""

    @abstractmethod
    async def with_content(
        self, workspace_id: WorkspaceId, sha256: str
    ) -> tuple[TemplateVersion, ...]:
        """Up to 20 versions, of any template, that are this very file."""

    @abstractmethod
    async def fields(
        self,
        workspace_id: WorkspaceId,
        template_id: TemplateId,
        number: int,
        *,
        revision: int | None = None,
    ) -> FieldSet:
        """The newest revision, or the one asked for. Raises VersionNotFound."""

    @abstractmethod
    async def revise(self, version: TemplateVersion, fields: FieldSet) -> None:
        """Store a further revision. Raises ChangedMeanwhile when it exists already."""


class BulkRuns(Protocol):
    @abstractmethod
    def add(self, run: BulkRun) -> None: ...

    @abstractmethod
    async def get(
        self, workspace_id: WorkspaceId, run_id: BulkRunId, *, lock: bool = False
    ) -> BulkRun:
        """As it stands now; with `lock` nobody else changes it until the end of the transaction.

        Raises BulkRunNotFound.
        """

    @abstractmethod
    async def page(
        self,
        workspace_id: WorkspaceId,
        *,
        template_id: TemplateId | None,
        status: RunStatus | None,
        request: PageRequest,
    ) -> Page[RunLine]:
        """Newest first."""

    @abstractmethod
    async def end_stalled(self, patience: timedelta) -> int:
        """End runs of all workspaces that no job works on any more; answers how many."""

    @abstractmethod
    async def progress(self, workspace_id: WorkspaceId, run_id: BulkRunId) -> RunProgress:
        """Raises BulkRunNotFound."""


class BulkShards(Protocol):
    @abstractmethod
    async def plan(self, run: BulkRun, shards: Sequence[Shard]) -> None:
        """Record shards of the current round; planning one again changes nothing."""

    @abstractmethod
    async def get(self, run: BulkRun, number: int) -> Shard:
        """Of the current round. Raises ShardNotFound."""

    @abstractmethod
    async def settle(
        self, run: BulkRun, shard: Shard, result: ShardResult, now: datetime
    ) -> Settled:
        """Record what a shard became, its rows and its run's counts, as one change.

        Locks the run until the end of the transaction.
        """

    @abstractmethod
    async def attach(self, run: BulkRun, shard: Shard, artifact_id: ArtifactId) -> None:
        """Name the artifact that holds a settled shard's object."""

    @abstractmethod
    async def objects(self, run: BulkRun) -> tuple[ShardObject, ...]:
        """What the shards of all rounds hold, in the order of an archive."""


class BulkRows(Protocol):
    @abstractmethod
    async def take_in(self, run: BulkRun, rows_json: bytes) -> None:
        """Store checked rows set-wise; rows that have their document stay as they are."""

    @abstractmethod
    async def counts(self, run: BulkRun) -> RowCounts: ...

    @abstractmethod
    async def unfinished(self, run: BulkRun) -> tuple[int, ...]:
        """Numbers of the rows without a document, ascending."""

    @abstractmethod
    async def names_taken(self, run: BulkRun) -> tuple[str, ...]:
        """File names of the rows that have their document, without extension."""

    @abstractmethod
    async def page(
        self, run: BulkRun, *, status: RowStatus | None, request: PageRequest
    ) -> Page[RowView]:
        """By row number, ascending."""

    @abstractmethod
    async def get(self, run: BulkRun, row_number: int) -> RowView:
        """Raises BulkRowNotFound."""

    @abstractmethod
    async def document(
        self, run: BulkRun, row_number: int, wanted: DocumentFormat | None
    ) -> RowDocument:
        """Raises BulkRowNotFound, RowHasNoDocument."""

    @abstractmethod
    async def input(self, run: BulkRun, row_number: int) -> Shard:
        """The shard whose input holds this row. Raises BulkRowNotFound, RowHasNoDocument."""

    @abstractmethod
    async def report(self, run: BulkRun, *, after: int, limit: int) -> tuple[bytes, int]:
        """Rows above `after` as a JSON object a line, and the number of the last; 0: no more."""


class TemplateEngine(Protocol):
    """Works in child processes. All methods raise TemplateTooLarge or a TemplateRefused for what
    cannot be a template, and the runtime's refusals for what takes too much.
    """

    @abstractmethod
    async def inspect(self, content: Content, syntaxes: Syntaxes) -> Inspection:
        """Check and compile a document; what is wrong with its tags is in the answer."""

    @abstractmethod
    async def annotated(self, source: TemplateSource) -> bytes:
        """The document with a comment at each problem."""

    @abstractmethod
    def fill(self, order: FillOrder) -> AbstractAsyncContextManager[Filled]:
        """One document; its content is there as long as the context is open.

        Raises a FillRefused when the data cannot fill the template.
        """

    @abstractmethod
    async def preview(self, order: FillOrder, kind: PreviewKind) -> Preview:
        """How the filled document looks."""


class BulkEngine(Protocol):
    """Works in child processes, on files of a scratch folder, with flat memory."""

    @abstractmethod
    async def inspect_sheet(
        self, name: str, content: Content, reading: SheetReading, fields: tuple[TemplateField, ...]
    ) -> SheetInspection:
        """How the sheet reads, and which columns fit which fields. Raises a SheetRefused."""

    @abstractmethod
    async def take_in(
        self, order: IntakeOrder, each: Callable[[IntakeChunk], Awaitable[None]]
    ) -> IntakeResult:
        """Check every row; `each` gets them in order while the rest is still being read.

        The same order always gives the same chunks. Raises a SheetRefused.
        """

    @abstractmethod
    async def render(
        self, order: ShardOrder, each: Callable[[int], Awaitable[None]]
    ) -> ShardResult:
        """Render a shard's rows; `each` hears now and then how many are done.

        A row that cannot be rendered is a failed row, not an error, even if it kills the child.
        """

    @abstractmethod
    async def read_row(self, shard: Shard, row_number: int) -> Mapping[str, Any]:
        """The checked data of one row, as a single fill takes it. Raises BulkRowNotFound."""

    @abstractmethod
    async def report(
        self, lines: AsyncIterator[bytes], csv_key: str, xlsx_key: str, output: Output
    ) -> tuple[BlobInfo, BlobInfo]:
        """Write the report of the rows (a JSON object a line) as CSV and as XLSX."""


class PdfEngine(Protocol):
    """Draws one template again and again, inside a child process. Not for two threads at once."""

    @abstractmethod
    def pdf(self, row: Bindings) -> bytes:
        """The document of one row. Raises PdfNotDrawn."""

    @abstractmethod
    def close(self) -> None:
        """Free what it holds; closing twice is fine."""


class LinkedSheets(Protocol):
    @abstractmethod
    def csv(self, url: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of a sheet that is published to the web, through the guard against inner
        addresses. Raises Invalid for a link that gives none.
        """
