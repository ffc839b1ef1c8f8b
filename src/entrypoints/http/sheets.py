"""/v1/sheets: rows to fill templates with, kept as files and looked at before a run."""

from typing import Annotated, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, post
from litestar.datastructures import UploadFile
from litestar.params import JSONBody, MultipartBody

from application.documents.inspect_sheet import InspectSheet, InspectSheetHandler
from application.documents.keep_sheet import (
    FetchSheet,
    FetchSheetHandler,
    KeepSheet,
    KeepSheetHandler,
)
from domain.artifacts.artifact import Artifact, ArtifactId
from domain.documents.mapping import Likeness
from domain.documents.rendering import SheetInspection
from domain.documents.run_options import SheetReading
from domain.documents.template_version import TemplateId
from domain.identity.access import Actor
from entrypoints.http.documents import MAX_SHEET_BODY, Locale, Number, content_of
from entrypoints.http.idempotency import IDEMPOTENT_SLOW


class ReadingRequest(msgspec.Struct, forbid_unknown_fields=True):
    """How to read a sheet; what is left out is found out. `locale` is that of its numbers."""

    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] | None = None
    encoding: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    sheet_name: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    header_row: Number | None = None
    locale: Locale | None = None

    def reading(self) -> SheetReading:
        return SheetReading(
            delimiter=self.delimiter,
            encoding=self.encoding,
            sheet_name=self.sheet_name,
            header_row=self.header_row,
            locale=self.locale,
        )


class SheetForm(msgspec.Struct):
    file: UploadFile


class SheetLinkRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A sheet published to the web; links must be allowed on this installation."""

    url: Annotated[str, msgspec.Meta(min_length=8, max_length=2_000)]


class SheetResponse(msgspec.Struct):
    """`id` is an artifact: name it as `sheet_id` of a bulk run."""

    id: UUID
    file_name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, artifact: Artifact) -> Self:
        return msgspec.convert(artifact, cls, from_attributes=True)


class InspectRequest(msgspec.Struct, forbid_unknown_fields=True):
    """With a template, its fields are matched with the columns."""

    sheet_id: UUID
    reading: ReadingRequest = msgspec.field(default_factory=ReadingRequest)
    template_id: UUID | None = None
    version: Number | None = None


class ColumnResponse(msgspec.Struct):
    name: str
    samples: tuple[str, ...]


class SuggestionResponse(msgspec.Struct):
    """The column that is most like a field; used without asking when `accepted`."""

    field: str
    column: str | None
    score: float
    likeness: Likeness | None
    accepted: bool


class InspectionResponse(msgspec.Struct):
    """`confidence` (0 to 1) is how sure the encoding is; judge it by the `letters`."""

    format: str
    reading: ReadingRequest
    confidence: float
    letters: tuple[str, ...]
    sheet_names: tuple[str, ...]
    columns: tuple[ColumnResponse, ...]
    rows: int
    suggestions: tuple[SuggestionResponse, ...]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, inspection: SheetInspection) -> Self:
        return msgspec.convert(inspection, cls, from_attributes=True)


class SheetsController(Controller):
    path = "/sheets"
    tags = ("Bulk runs",)

    @post(
        status_code=201,
        operation_id="uploadSheet",
        middleware=[IDEMPOTENT_SLOW],
        request_max_body_size=MAX_SHEET_BODY,
    )
    @inject
    async def upload(
        self,
        data: MultipartBody[SheetForm],
        actor: FromDishka[Actor],
        handle: FromDishka[KeepSheetHandler],
    ) -> Response[SheetResponse]:
        """Upload CSV, XLSX or ODS of at most 200 MB."""
        command = KeepSheet(file_name=data.file.filename, content=content_of(data.file))
        return _kept(await handle(actor, command))

    @post("/link", status_code=201, operation_id="fetchSheet", middleware=[IDEMPOTENT_SLOW])
    @inject
    async def fetch(
        self,
        data: JSONBody[SheetLinkRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[FetchSheetHandler],
    ) -> Response[SheetResponse]:
        """Keep a copy of a sheet that is published to the web as CSV."""
        return _kept(await handle(actor, FetchSheet(url=data.url)))

    @post("/inspect", status_code=200, operation_id="inspectSheet")
    @inject
    async def inspect(
        self,
        data: JSONBody[InspectRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[InspectSheetHandler],
    ) -> InspectionResponse:
        """How a sheet reads, and which column is which field of a template."""
        command = InspectSheet(
            sheet_id=ArtifactId(data.sheet_id),
            reading=data.reading.reading(),
            template_id=None if data.template_id is None else TemplateId(data.template_id),
            number=data.version,
        )
        return InspectionResponse.of(await handle(actor, command))


def _kept(artifact: Artifact) -> Response[SheetResponse]:
    location = f"/v1/artifacts/{artifact.id}"
    return Response(SheetResponse.of(artifact), status_code=201, headers={"Location": location})
