"""/v1/templates/{id}/versions: what was uploaded, what is in it, and which one is in use."""

from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, JSONBody, MultipartBody

from application.documents.edit_template import (
    ActivateVersion,
    ActivateVersionHandler,
    EditFields,
    EditFieldsHandler,
)
from application.documents.open_template import (
    AnnotateTemplate,
    AnnotateTemplateHandler,
    OpenTemplate,
    OpenTemplateHandler,
)
from application.documents.upload_template import UploadTemplate, UploadTemplateHandler
from domain.artifacts.media import DOCX
from domain.artifacts.ports import BlobStore
from domain.documents.field_settings import FieldEdit
from domain.documents.marks import FieldKind
from domain.documents.ports import Templates, TemplateVersions
from domain.documents.rendering import Preview, PreviewKind
from domain.documents.template_version import FieldSet, TemplateId
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from entrypoints.http.documents import (
    LOOKED_AT,
    MAX_TEMPLATE_BODY,
    FieldResponse,
    NumberInPath,
    attachment,
    content_of,
    shown,
)
from entrypoints.http.downloads import PARTIAL, RANGES, AnyRequest, FilePart, send_file
from entrypoints.http.idempotency import IDEMPOTENT_SLOW
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging
from entrypoints.http.templates import (
    KNOWN,
    TemplateForm,
    TemplateResponse,
    UploadedResponse,
    VersionResponse,
    uploaded_answer,
)
from entrypoints.http.versions import IfMatch, expected_version, versioned

SettingText = Annotated[str, msgspec.Meta(max_length=2_000)]


class VersionForm(TemplateForm):
    """`activate`: put it to use at once, if it has no errors."""

    activate: bool = True


class FieldsResponse(msgspec.Struct):
    """The fields of a version; every edit is one more `revision`, which the ETag names."""

    number: int
    revision: int
    fields: tuple[FieldResponse, ...]

    @classmethod
    def of(cls, found: FieldSet) -> Self:
        fields = tuple(map(FieldResponse.of, found.fields))
        return cls(number=found.number, revision=found.revision, fields=fields)


class FieldEditRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays; an empty text clears. Fields of list items are `lines[].price`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    kind: FieldKind | None = None
    label: SettingText | None = None
    required: bool | None = None
    default: SettingText | None = None
    example: SettingText | None = None
    choices: tuple[SettingText, ...] | None = None

    def edit(self) -> FieldEdit:
        return FieldEdit(**{name: getattr(self, name) for name in self.__struct_fields__})


class FieldsPatch(msgspec.Struct, forbid_unknown_fields=True):
    fields: Annotated[tuple[FieldEditRequest, ...], msgspec.Meta(min_length=1, max_length=500)]


class TemplateVersionsController(Controller):
    path = "/templates/{template_id:uuid}/versions"
    tags = ("Templates",)

    @post(
        status_code=201,
        operation_id="uploadTemplateVersion",
        responses=KNOWN,
        middleware=[IDEMPOTENT_SLOW],
        request_max_body_size=MAX_TEMPLATE_BODY,
    )
    @inject
    async def upload(
        self,
        template_id: FromPath[UUID],
        data: MultipartBody[VersionForm],
        actor: FromDishka[Actor],
        handle: FromDishka[UploadTemplateHandler],
    ) -> Response[UploadedResponse]:
        """Upload the next version. Settings of fields it still has are kept."""
        command = UploadTemplate(
            template_id=TemplateId(template_id),
            file_name=data.file.filename,
            content=content_of(data.file),
            note=data.note,
            syntaxes=data.syntaxes(),
            keep_draft=data.keep_draft,
            activate=data.activate,
        )
        return uploaded_answer(await handle(actor, command))

    @get(operation_id="listTemplateVersions")
    @inject
    async def index(
        self,
        template_id: FromPath[UUID],
        actor: FromDishka[Actor],
        templates: FromDishka[Templates],
        versions: FromDishka[TemplateVersions],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> PageResponse[VersionResponse]:
        """All versions, newest first."""
        actor.require(Permission.DOCUMENTS_READ)
        template = await templates.get(actor.workspace_id, TemplateId(template_id))
        request = paging.asked(cursor, limit)
        page = await versions.of(actor.workspace_id, template.id, request)
        return paging.answer(page, VersionResponse.of)

    @get("/{number:int}", operation_id="getTemplateVersion")
    @inject
    async def show(
        self,
        template_id: FromPath[UUID],
        number: NumberInPath,
        actor: FromDishka[Actor],
        versions: FromDishka[TemplateVersions],
    ) -> VersionResponse:
        """One version with its problems, and how well PDFs are made of it."""
        actor.require(Permission.DOCUMENTS_READ)
        version = await versions.get(actor.workspace_id, TemplateId(template_id), number)
        return VersionResponse.of(version)

    @post("/{number:int}/activate", status_code=200, operation_id="activateTemplateVersion")
    @inject
    async def activate(
        self,
        template_id: FromPath[UUID],
        number: NumberInPath,
        actor: FromDishka[Actor],
        handle: FromDishka[ActivateVersionHandler],
        if_match: IfMatch = None,
    ) -> Response[TemplateResponse]:
        """Use this version from now on; also the way back to an earlier one."""
        command = ActivateVersion(
            template_id=TemplateId(template_id),
            number=number,
            expected_version=expected_version(if_match),
        )
        template = await handle(actor, command)
        return versioned(TemplateResponse.of(template), template.version)

    @get("/{number:int}/fields", operation_id="getTemplateFields")
    @inject
    async def fields(
        self,
        template_id: FromPath[UUID],
        number: NumberInPath,
        actor: FromDishka[Actor],
        versions: FromDishka[TemplateVersions],
    ) -> Response[FieldsResponse]:
        """What the document asks for, as it was found and edited since."""
        actor.require(Permission.DOCUMENTS_READ)
        found = await versions.fields(actor.workspace_id, TemplateId(template_id), number)
        return versioned(FieldsResponse.of(found), found.revision)

    @patch("/{number:int}/fields", operation_id="editTemplateFields")
    @inject
    async def edit_fields(
        self,
        template_id: FromPath[UUID],
        number: NumberInPath,
        data: JSONBody[FieldsPatch],
        actor: FromDishka[Actor],
        handle: FromDishka[EditFieldsHandler],
        if_match: IfMatch = None,
    ) -> Response[FieldsResponse]:
        """Edit kinds, labels, defaults and choices. Runs under way keep the old settings."""
        command = EditFields(
            template_id=TemplateId(template_id),
            number=number,
            expected_revision=expected_version(if_match),
            edits=tuple(field.edit() for field in data.fields),
        )
        found = await handle(actor, command)
        return versioned(FieldsResponse.of(found), found.revision)

    @get(
        "/{number:int}/document",
        operation_id="downloadTemplate",
        media_type=DOCX,
        responses=PARTIAL,
        opt={"refusals": RANGES},
    )
    @inject
    async def document(
        self,
        template_id: FromPath[UUID],
        number: NumberInPath,
        request: AnyRequest,
        actor: FromDishka[Actor],
        handle: FromDishka[OpenTemplateHandler],
        store: FromDishka[BlobStore],
    ) -> Response[Any]:
        """The document as it was uploaded."""
        command = OpenTemplate(template_id=TemplateId(template_id), number=number)
        found = await handle(actor, command)
        part = FilePart(key=found.key, file_name=found.file_name, media_type=DOCX)
        return await send_file(store, part, request)

    @get(
        "/{number:int}/annotated",
        operation_id="downloadAnnotatedTemplate",
        media_type=DOCX,
        opt={"refusals": LOOKED_AT},
    )
    @inject
    async def annotated(
        self,
        template_id: FromPath[UUID],
        number: NumberInPath,
        actor: FromDishka[Actor],
        handle: FromDishka[AnnotateTemplateHandler],
    ) -> Response[Any]:
        """The document with a Word comment at every problem."""
        command = AnnotateTemplate(template_id=TemplateId(template_id), number=number)
        found = await handle(actor, command)
        return attachment(found.content, found.file_name, DOCX)

    @get("/{number:int}/preview", operation_id="previewTemplateVersion", media_type="image/png")
    @inject
    async def preview(
        self,
        template_id: FromPath[UUID],
        number: NumberInPath,
        actor: FromDishka[Actor],
        handle: FromDishka[OpenTemplateHandler],
        store: FromDishka[BlobStore],
    ) -> Response[Any]:
        """Page 1 as a picture, with the fields left open."""
        command = OpenTemplate(template_id=TemplateId(template_id), number=number, preview=True)
        found = await handle(actor, command)
        content = b"".join([block async for block in store.open(found.key)])
        return shown(Preview(kind=PreviewKind.PNG, content=content))
