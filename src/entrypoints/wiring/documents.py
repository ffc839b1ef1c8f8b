"""Documents: records, engines in child processes, and the use cases around them."""

import os
from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide, provide_all

from adapters.libreoffice.office import find_office
from adapters.rendering.bulk import ChildBulkEngine
from adapters.rendering.pools import document_kinds
from adapters.rendering.templates import ChildTemplateEngine
from adapters.rendering.web_pictures import WebPictures
from adapters.runtime.children import Children
from adapters.runtime.safe_http import SafeHttp
from adapters.sheets.linked_sheets import PublishedSheets
from adapters.sql.bulk_rows import SqlBulkRows
from adapters.sql.bulk_runs import SqlBulkRuns
from adapters.sql.bulk_shards import SqlBulkShards
from adapters.sql.template_lines import SqlTemplateLines
from adapters.sql.templates import SqlTemplates, SqlTemplateVersions
from application.documents.archives import Archives
from application.documents.assemble_run import AssembleRunHandler
from application.documents.assets import Assets
from application.documents.build_archive import BuildArchiveHandler, RequestArchiveHandler
from application.documents.cancel_bulk_run import CancelBulkRunHandler
from application.documents.edit_template import (
    ActivateVersionHandler,
    DeleteTemplateHandler,
    EditFieldsHandler,
    EditTemplateHandler,
)
from application.documents.end_stalled_runs import EndStalledRunsHandler
from application.documents.fill_template import (
    Fillings,
    FillTemplateHandler,
    PreviewTemplateHandler,
)
from application.documents.inspect_sheet import InspectSheetHandler
from application.documents.keep_sheet import FetchSheetHandler, KeepSheetHandler
from application.documents.open_rows import OpenRowDocumentHandler, PreviewRowHandler
from application.documents.open_template import AnnotateTemplateHandler, OpenTemplateHandler
from application.documents.render_document import RenderDocumentHandler
from application.documents.render_shard import RenderShardHandler
from application.documents.retry_bulk_run import RetryBulkRunHandler
from application.documents.start_bulk_run import StartBulkRunHandler
from application.documents.take_in_rows import TakeInRowsHandler
from application.documents.template_files import TemplateFiles
from application.documents.upload_template import UploadTemplateHandler
from application.documents.web_access import WebAccess
from domain.artifacts.ports import BlobStore
from domain.documents.ports import (
    BulkEngine,
    BulkRows,
    BulkRuns,
    BulkShards,
    LinkedSheets,
    TemplateEngine,
    TemplateLines,
    Templates,
    TemplateVersions,
)
from domain.documents.web_pictures import UrlsOfInstallation
from entrypoints.children import DOCUMENTS
from entrypoints.settings import Settings

_LARGEST_SHEET = 200 << 20  # bytes


class Documents(Provider):
    scope = Scope.REQUEST

    templates = provide(SqlTemplates, provides=Templates)
    lines = provide(SqlTemplateLines, provides=TemplateLines)
    versions = provide(SqlTemplateVersions, provides=TemplateVersions)
    runs = provide(SqlBulkRuns, provides=BulkRuns)
    shards = provide(SqlBulkShards, provides=BulkShards)
    rows = provide(SqlBulkRows, provides=BulkRows)
    parts = provide_all(Archives, Assets, Fillings, TemplateFiles, WebAccess)
    template_handlers = provide_all(
        UploadTemplateHandler,
        EditTemplateHandler,
        ActivateVersionHandler,
        EditFieldsHandler,
        DeleteTemplateHandler,
        OpenTemplateHandler,
        AnnotateTemplateHandler,
        FillTemplateHandler,
        PreviewTemplateHandler,
    )
    run_handlers = provide_all(
        KeepSheetHandler,
        FetchSheetHandler,
        InspectSheetHandler,
        StartBulkRunHandler,
        CancelBulkRunHandler,
        RetryBulkRunHandler,
        RequestArchiveHandler,
        OpenRowDocumentHandler,
        PreviewRowHandler,
    )
    job_handlers = provide_all(
        RenderDocumentHandler,
        TakeInRowsHandler,
        RenderShardHandler,
        AssembleRunHandler,
        BuildArchiveHandler,
        EndStalledRunsHandler,
    )

    @provide(scope=Scope.APP)
    async def children(self, settings: Settings) -> AsyncIterator[Children]:
        """They start when first needed, so a process that never fills anything pays nothing."""
        cores = os.cpu_count() or 1
        office = office_program(settings)
        kinds = document_kinds(DOCUMENTS, quick=max(2, cores // 2), bulk=cores, office=office)
        async with Children(kinds, settings.scratch_dir) as children:
            yield children

    @provide(scope=Scope.APP)
    def template_engine(
        self, children: Children, blobs: BlobStore, web: WebPictures, settings: Settings
    ) -> TemplateEngine:
        office = office_program(settings) is not None
        return ChildTemplateEngine(children, blobs, web, office=office, usual=settings.pdf_engine)

    @provide(scope=Scope.APP)
    def bulk_engine(
        self, children: Children, blobs: BlobStore, web: WebPictures, settings: Settings
    ) -> BulkEngine:
        office = office_program(settings) is not None
        return ChildBulkEngine(children, blobs, web, office=office, usual=settings.pdf_engine)

    @provide(scope=Scope.APP)
    async def http(self) -> AsyncIterator[SafeHttp]:
        """For addresses that come from users."""
        async with SafeHttp() as http:
            yield http

    @provide(scope=Scope.APP)
    def web_pictures(self, http: SafeHttp) -> WebPictures:
        return WebPictures(http=http)

    @provide(scope=Scope.APP)
    def links(self, http: SafeHttp) -> LinkedSheets:
        return PublishedSheets(http, _LARGEST_SHEET)

    @provide(scope=Scope.APP)
    def urls(self, settings: Settings) -> UrlsOfInstallation:
        return UrlsOfInstallation(settings.allow_url_fetch)


def office_program(settings: Settings) -> str | None:
    """Where LibreOffice is, if it is anywhere."""
    found = find_office(settings.libreoffice)
    return None if found is None else str(found)
