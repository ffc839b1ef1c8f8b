"""One row of a run: its document, as a range of its shard, and how it looks."""

from dataclasses import dataclass

from application.documents.assets import Assets
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.documents.bulk_run import BulkRunId
from domain.documents.effort import weigh
from domain.documents.ports import BulkEngine, BulkRows, BulkRuns, TemplateEngine, TemplateVersions
from domain.documents.rendering import FillOrder, Preview, PreviewKind, source_of
from domain.documents.run_options import DocumentFormat
from domain.documents.shards import RowDocument
from domain.identity.access import Actor, Permission
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRowDocument:
    """`format` None: the one there is, DOCX before PDF."""

    run_id: BulkRunId
    row_number: int
    format: DocumentFormat | None = None


@dataclass(frozen=True, slots=True)
class OpenRowDocumentHandler:
    runs: BulkRuns
    rows: BulkRows
    artifacts: Artifacts
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: OpenRowDocument) -> RowDocument:
        """Where it lies."""
        actor.require(Permission.DOCUMENTS_READ)
        run = await self.runs.get(actor.workspace_id, command.run_id)
        document = await self.rows.document(run, command.row_number, command.format)
        await self.artifacts.get(actor.workspace_id, document.artifact_id)  # still to be had
        self.audit.append(
            actor,
            "documents.row-document-opened",
            object_type="bulk_run",
            object_id=run.id,
            row=command.row_number,
        )
        await self.uow.commit()
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    run_id: BulkRunId
    row_number: int
    kind: PreviewKind


@dataclass(frozen=True, slots=True)
class PreviewRowHandler:
    """Drawn from the row's checked data, so it works before, while and after a run renders."""

    runs: BulkRuns
    rows: BulkRows
    versions: TemplateVersions
    assets: Assets
    bulk: BulkEngine
    engine: TemplateEngine
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: PreviewRow) -> Preview:
        actor.require(Permission.DOCUMENTS_READ)
        run = await self.runs.get(actor.workspace_id, command.run_id)
        shard = await self.rows.input(run, command.row_number)
        where = (run.workspace_id, run.template_id, run.template_number)
        version = await self.versions.get(*where)
        fields = await self.versions.fields(*where, revision=run.fields_revision)
        await self.uow.commit()  # no transaction stays open while files are read
        data = await self.bulk.read_row(shard, command.row_number)
        order = FillOrder(
            source=source_of(version),
            fields=fields.fields,
            data=data,
            format=DocumentFormat.PDF,
            options=run.options.fill,
            assets=await self.assets.find(actor.workspace_id, weigh(data)[1]),
        )
        await self.uow.commit()
        return await self.engine.preview(order, command.kind)
