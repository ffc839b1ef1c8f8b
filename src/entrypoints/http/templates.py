"""/v1/templates: documents with fields in them, uploaded, found, renamed, archived."""

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import UploadFile
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, MultipartBody, QueryParameter

from application.documents.edit_template import (
    DeleteTemplate,
    DeleteTemplateHandler,
    EditTemplate,
    EditTemplateHandler,
)
from application.documents.upload_template import Uploaded, UploadTemplate, UploadTemplateHandler
from domain.documents.fields import row_schema
from domain.documents.layout.findings import Fidelity
from domain.documents.ports import TemplateLines, Templates, TemplateVersions
from domain.documents.template_version import Syntaxes, TemplateId, TemplateVersion
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from entrypoints.http.auth import READS
from entrypoints.http.documents import (
    MAX_TEMPLATE_BODY,
    FieldResponse,
    Name,
    ProblemResponse,
    content_of,
)
from entrypoints.http.idempotency import IDEMPOTENT_SLOW
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging
from entrypoints.http.versions import IfMatch, etag, expected_version, versioned

Description = Annotated[str, msgspec.Meta(max_length=2_000)]
Search = Annotated[
    str | None, QueryParameter(max_length=100, description="Text anywhere in the name.")
]


class TemplateResponse(msgspec.Struct):
    """`active_number` is the version in use; null while every version has errors."""

    id: UUID
    name: str
    description: str
    active_number: int | None
    latest_number: int
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @classmethod
    def of(cls, template: object) -> Self:
        return msgspec.convert(template, cls, from_attributes=True)


class FindingResponse(msgspec.Struct):
    """Something the fast PDF engines will not show as Word does."""

    feature: str
    where: str
    effect: str
    severity: Fidelity


class VersionResponse(msgspec.Struct):
    """`pages` is how many pages the unfilled document has; 0 where that is not known."""

    template_id: UUID
    number: int
    sha256: str
    size: int
    file_name: str
    syntaxes: Syntaxes
    usable: bool
    problems: tuple[ProblemResponse, ...]
    fidelity: Fidelity
    findings: tuple[FindingResponse, ...]
    pages: int
    preview_id: UUID | None
    note: str
    created_by: UUID
    created_at: datetime

    @classmethod
    def of(cls, version: TemplateVersion) -> Self:
        return msgspec.convert(version, cls, from_attributes=True)


class TwinResponse(msgspec.Struct):
    """The same file, elsewhere in the workspace."""

    template_id: UUID
    number: int


class UploadedResponse(msgspec.Struct):
    """`known` when this very file was a version of the template before: that one is answered."""

    template: TemplateResponse
    version: VersionResponse
    fields: tuple[FieldResponse, ...]
    known: bool
    twins: tuple[TwinResponse, ...]

    @classmethod
    def of(cls, uploaded: Uploaded) -> Self:
        return cls(
            template=TemplateResponse.of(uploaded.template),
            version=VersionResponse.of(uploaded.version),
            fields=tuple(map(FieldResponse.of, uploaded.fields)),
            known=uploaded.known,
            twins=tuple(
                TwinResponse(template_id=twin.template_id, number=twin.number)
                for twin in uploaded.twins
            ),
        )


KNOWN: Final = {
    200: ResponseSpec(UploadedResponse, description="This very file was a version before.")
}


class TemplateForm(msgspec.Struct):
    """`keep_draft`: keep a document with errors, too, to look at them; it cannot be filled."""

    file: UploadFile
    name: Name = ""
    description: Description = ""
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    merge_fields: bool = True
    content_controls: bool = True
    form_fields: bool = False
    keep_draft: bool = False

    def syntaxes(self) -> Syntaxes:
        return Syntaxes(
            merge_fields=self.merge_fields,
            content_controls=self.content_controls,
            form_fields=self.form_fields,
        )


class TemplatePatch(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    description: Description | None = None
    archived: bool | None = None


class TemplatesController(Controller):
    path = "/templates"
    tags = ("Templates",)

    @post(
        status_code=201,
        operation_id="uploadTemplate",
        responses=KNOWN,
        middleware=[IDEMPOTENT_SLOW],
        request_max_body_size=MAX_TEMPLATE_BODY,
    )
    @inject
    async def upload(
        self,
        data: MultipartBody[TemplateForm],
        actor: FromDishka[Actor],
        handle: FromDishka[UploadTemplateHandler],
    ) -> Response[UploadedResponse]:
        """Upload a DOCX as a new template. All errors in it are told at once."""
        command = UploadTemplate(
            file_name=data.file.filename,
            content=content_of(data.file),
            name=data.name,
            description=data.description,
            note=data.note,
            syntaxes=data.syntaxes(),
            keep_draft=data.keep_draft,
        )
        return uploaded_answer(await handle(actor, command))

    @get(operation_id="listTemplates", opt=READS)
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        lines: FromDishka[TemplateLines],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        search: Search = None,
        archived: Annotated[bool, QueryParameter()] = False,  # noqa: FBT002 - a query parameter
    ) -> PageResponse[TemplateResponse]:
        """Templates of the workspace, newest first."""
        actor.require(Permission.DOCUMENTS_READ)
        page = await lines.page(
            actor.workspace_id,
            search=search,
            archived=archived,
            request=paging.asked(cursor, limit),
        )
        return paging.answer(page, lambda line: TemplateResponse(*line))

    @get("/{template_id:uuid}", operation_id="getTemplate")
    @inject
    async def show(
        self,
        template_id: FromPath[UUID],
        actor: FromDishka[Actor],
        templates: FromDishka[Templates],
    ) -> Response[TemplateResponse]:
        """One template."""
        actor.require(Permission.DOCUMENTS_READ)
        template = await templates.get(actor.workspace_id, TemplateId(template_id))
        return versioned(TemplateResponse.of(template), template.version)

    @patch("/{template_id:uuid}", operation_id="editTemplate")
    @inject
    async def edit(
        self,
        template_id: FromPath[UUID],
        data: JSONBody[TemplatePatch],
        actor: FromDishka[Actor],
        handle: FromDishka[EditTemplateHandler],
        if_match: IfMatch = None,
    ) -> Response[TemplateResponse]:
        """Rename it, describe it, archive it or take it back out of the archive."""
        command = EditTemplate(
            template_id=TemplateId(template_id),
            expected_version=expected_version(if_match),
            name=data.name,
            description=data.description,
            archived=data.archived,
        )
        template = await handle(actor, command)
        return versioned(TemplateResponse.of(template), template.version)

    @delete("/{template_id:uuid}", status_code=204, operation_id="deleteTemplate")
    @inject
    async def remove(
        self,
        template_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[DeleteTemplateHandler],
        if_match: IfMatch = None,
    ) -> None:
        """Delete it with all its versions; one that bulk runs were made from stays."""
        expected = expected_version(if_match)
        await handle(
            actor, DeleteTemplate(template_id=TemplateId(template_id), expected_version=expected)
        )

    @get(
        "/{template_id:uuid}/schema",
        operation_id="getRowSchema",
        media_type="application/schema+json",
        opt={"refusals": frozenset({409})},
    )
    @inject
    async def schema(
        self,
        template_id: FromPath[UUID],
        actor: FromDishka[Actor],
        templates: FromDishka[Templates],
        versions: FromDishka[TemplateVersions],
    ) -> Response[dict[str, Any]]:
        """The JSON Schema of a row of data for the version in use."""
        actor.require(Permission.DOCUMENTS_READ)
        template = await templates.get(actor.workspace_id, TemplateId(template_id))
        number = template.version_to_use()
        found = await versions.fields(actor.workspace_id, template.id, number)
        body = row_schema(found.fields) | {"title": template.name}
        return Response(body, media_type="application/schema+json")


def uploaded_answer(uploaded: Uploaded) -> Response[UploadedResponse]:
    """201, or 200 for a file that was known."""
    template, version = uploaded.template, uploaded.version
    return Response(
        UploadedResponse.of(uploaded),
        status_code=200 if uploaded.known else 201,
        headers={
            "ETag": etag(template.version),
            "Location": f"/v1/templates/{template.id}/versions/{version.number}",
        },
    )
