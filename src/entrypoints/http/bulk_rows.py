"""/v1/bulk-runs/{id}/rows: what became of each row, and its document alone."""

from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.params import FromPath, QueryParameter

from application.documents.open_rows import (
    OpenRowDocument,
    OpenRowDocumentHandler,
    PreviewRow,
    PreviewRowHandler,
)
from domain.artifacts.ports import BlobStore
from domain.documents.bulk_run import BulkRunId, RowStatus
from domain.documents.ports import BulkRows, BulkRuns
from domain.documents.rendering import PreviewKind
from domain.documents.run_options import MEDIA_TYPES, DocumentFormat
from domain.documents.shards import RowView
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from entrypoints.http.documents import LOOKED_AT, NumberInPath, shown
from entrypoints.http.downloads import PARTIAL, RANGES, AnyRequest, FilePart, send_file
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging


class RowErrorResponse(msgspec.Struct):
    """One thing wrong with a row; `found` is the beginning of the value."""

    field: str
    code: str
    message: str
    found: str = ""


class RowDocumentResponse(msgspec.Struct):
    format: DocumentFormat
    file_name: str
    size: int


class RowResponse(msgspec.Struct):
    """`row_number` is the row's in the sheet, where the heading is usually row 1."""

    row_number: int
    status: RowStatus
    round: int
    documents: tuple[RowDocumentResponse, ...]
    duration_us: int | None
    error_code: str | None
    error_message: str | None
    errors: tuple[RowErrorResponse, ...]

    @classmethod
    def of(cls, row: RowView) -> Self:
        sizes = {DocumentFormat.DOCX: row.docx_size, DocumentFormat.PDF: row.pdf_size}
        return cls(
            row_number=row.row_number,
            status=row.status,
            round=row.round,
            documents=tuple(
                RowDocumentResponse(format=each, file_name=f"{row.file_name}.{each}", size=size)
                for each, size in sizes.items()
                if size is not None and row.status is RowStatus.OK
            ),
            duration_us=row.duration_us,
            error_code=row.error_code,
            error_message=row.error_message,
            errors=tuple(msgspec.convert(error, RowErrorResponse) for error in row.errors),
        )


class BulkRowsController(Controller):
    path = "/bulk-runs/{run_id:uuid}/rows"
    tags = ("Bulk runs",)

    @get(operation_id="listBulkRows")
    @inject
    async def index(
        self,
        run_id: FromPath[UUID],
        actor: FromDishka[Actor],
        runs: FromDishka[BulkRuns],
        rows: FromDishka[BulkRows],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        status: Annotated[RowStatus | None, QueryParameter()] = None,
    ) -> PageResponse[RowResponse]:
        """Rows by their number in the sheet."""
        actor.require(Permission.DOCUMENTS_READ)
        run = await runs.get(actor.workspace_id, BulkRunId(run_id))
        page = await rows.page(run, status=status, request=paging.asked(cursor, limit))
        return paging.answer(page, RowResponse.of)

    @get("/{row_number:int}", operation_id="getBulkRow")
    @inject
    async def show(
        self,
        run_id: FromPath[UUID],
        row_number: NumberInPath,
        actor: FromDishka[Actor],
        runs: FromDishka[BulkRuns],
        rows: FromDishka[BulkRows],
    ) -> RowResponse:
        """One row and everything that is wrong with it."""
        actor.require(Permission.DOCUMENTS_READ)
        run = await runs.get(actor.workspace_id, BulkRunId(run_id))
        return RowResponse.of(await rows.get(run, row_number))

    @get(
        "/{row_number:int}/document",
        operation_id="downloadBulkDocument",
        media_type="application/octet-stream",
        responses=PARTIAL,
        opt={"refusals": RANGES | {409}},
    )
    @inject
    async def document(
        self,
        run_id: FromPath[UUID],
        row_number: NumberInPath,
        request: AnyRequest,
        actor: FromDishka[Actor],
        handle: FromDishka[OpenRowDocumentHandler],
        store: FromDishka[BlobStore],
        format_: Annotated[DocumentFormat | None, QueryParameter(name="format")] = None,
    ) -> Response[Any]:
        """The document of one row, streamed from where it lies."""
        command = OpenRowDocument(run_id=BulkRunId(run_id), row_number=row_number, format=format_)
        found = await handle(actor, command)
        part = FilePart(
            key=found.place.key,
            start=found.place.offset,
            length=found.place.length,
            file_name=found.file_name,
            media_type=MEDIA_TYPES[found.format],
        )
        return await send_file(store, part, request)

    @get(
        "/{row_number:int}/preview",
        operation_id="previewBulkRow",
        media_type="image/png",
        opt={"refusals": LOOKED_AT},
    )
    @inject
    async def preview(
        self,
        run_id: FromPath[UUID],
        row_number: NumberInPath,
        actor: FromDishka[Actor],
        handle: FromDishka[PreviewRowHandler],
        kind: Annotated[PreviewKind, QueryParameter(name="as")] = PreviewKind.PNG,
    ) -> Response[Any]:
        """Page 1 of a row's document as a picture, or all of it as HTML; also before it is made."""
        command = PreviewRow(run_id=BulkRunId(run_id), row_number=row_number, kind=kind)
        return shown(await handle(actor, command))
