"""/v1/bulk-runs: one document for every row of a sheet."""

from typing import Annotated, Any
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from application.documents.build_archive import RequestArchive, RequestArchiveHandler
from application.documents.cancel_bulk_run import CancelBulkRun, CancelBulkRunHandler
from application.documents.retry_bulk_run import RetryBulkRunHandler
from application.documents.start_bulk_run import StartBulkRunHandler
from domain.documents.bulk_run import BulkRun, BulkRunId, RunStatus
from domain.documents.ports import BulkRuns
from domain.documents.template_version import TemplateId
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from entrypoints.http.bulk_run_shapes import (
    RetryRunRequest,
    RunLineResponse,
    RunRequest,
    RunResponse,
)
from entrypoints.http.documents import accepted
from entrypoints.http.idempotency import IDEMPOTENT
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging


class BulkRunsController(Controller):
    path = "/bulk-runs"
    tags = ("Bulk runs",)

    @post(status_code=202, operation_id="startBulkRun", middleware=[IDEMPOTENT])
    @inject
    async def start(
        self,
        data: JSONBody[RunRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[StartBulkRunHandler],
        runs: FromDishka[BulkRuns],
    ) -> Response[RunResponse]:
        """Check every row of a sheet, then make a document of each good one."""
        run = await handle(actor, data.command())
        return await _answer(actor, run, runs, status_code=202)

    @get(operation_id="listBulkRuns")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        runs: FromDishka[BulkRuns],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        template_id: Annotated[UUID | None, QueryParameter()] = None,
        status: Annotated[RunStatus | None, QueryParameter()] = None,
    ) -> PageResponse[RunLineResponse]:
        """Runs of the workspace, newest first."""
        actor.require(Permission.DOCUMENTS_READ)
        page = await runs.page(
            actor.workspace_id,
            template_id=None if template_id is None else TemplateId(template_id),
            status=status,
            request=paging.asked(cursor, limit),
        )
        return paging.answer(page, RunLineResponse.of)

    @get("/{run_id:uuid}", operation_id="getBulkRun")
    @inject
    async def show(
        self, run_id: FromPath[UUID], actor: FromDishka[Actor], runs: FromDishka[BulkRuns]
    ) -> Response[RunResponse]:
        """How far a run is: counts, rows a second, seconds to go."""
        actor.require(Permission.DOCUMENTS_READ)
        run = await runs.get(actor.workspace_id, BulkRunId(run_id))
        return await _answer(actor, run, runs)

    @post("/{run_id:uuid}/cancel", status_code=200, operation_id="cancelBulkRun")
    @inject
    async def cancel(
        self,
        run_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[CancelBulkRunHandler],
        runs: FromDishka[BulkRuns],
    ) -> Response[RunResponse]:
        """Stop it: what is made stays, what is not never is. It can be taken up again by retry."""
        run = await handle(actor, CancelBulkRun(run_id=BulkRunId(run_id)))
        return await _answer(actor, run, runs)

    @post(
        "/{run_id:uuid}/retry",
        status_code=202,
        operation_id="retryBulkRun",
        middleware=[IDEMPOTENT],
    )
    @inject
    async def retry(
        self,
        run_id: FromPath[UUID],
        data: JSONBody[RetryRunRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[RetryBulkRunHandler],
        runs: FromDishka[BulkRuns],
    ) -> Response[RunResponse]:
        """Try again the rows without a document, corrected or not; the others stay as they are."""
        run = await handle(actor, data.command(run_id))
        return await _answer(actor, run, runs, status_code=202)

    @post(
        "/{run_id:uuid}/archive",
        status_code=202,
        operation_id="buildBulkArchive",
        middleware=[IDEMPOTENT],
    )
    @inject
    async def archive(
        self,
        run_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RequestArchiveHandler],
    ) -> Response[Any]:
        """Build the ZIP again from what is kept, once its own is gone (7 days)."""
        return accepted(await handle(actor, RequestArchive(run_id=BulkRunId(run_id))))


async def _answer(
    actor: Actor, run: BulkRun, runs: BulkRuns, *, status_code: int = 200
) -> Response[RunResponse]:
    progress = await runs.progress(actor.workspace_id, run.id)
    headers = {"Location": f"/v1/bulk-runs/{run.id}"} if status_code != 200 else {}  # noqa: PLR2004
    return Response(RunResponse.of(run, progress), status_code=status_code, headers=headers)
