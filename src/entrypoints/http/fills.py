"""/v1/templates/{id}/fill and /preview: one document out of one row of data."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from application.documents.fill_template import (
    FilledDocument,
    FillTemplate,
    FillTemplateHandler,
    PreviewTemplate,
    PreviewTemplateHandler,
    Waiting,
)
from domain.documents.rendering import PreviewKind
from domain.documents.run_options import MEDIA_TYPES, DocumentFormat
from domain.documents.template_version import TemplateId
from domain.identity.access import Actor
from entrypoints.http.documents import (
    MAX_DATA_BODY,
    FillOptionsRequest,
    JobAccepted,
    Name,
    Number,
    accepted,
    attachment,
    shown,
)
from entrypoints.http.idempotency import IDEMPOTENT_SLOW


class DataRequest(FillOptionsRequest, forbid_unknown_fields=True, kw_only=True):
    """`data` is a row as `/schema` describes it. `version`: another than the one in use."""

    data: dict[str, Any]
    version: Number | None = None


class FillRequest(DataRequest, forbid_unknown_fields=True, kw_only=True):
    """`file_name` is without extension. `wait` `job`: never answer with the document itself."""

    format: DocumentFormat = DocumentFormat.DOCX
    file_name: Name = ""
    wait: Waiting = Waiting.AUTO


class PreviewRequest(DataRequest, forbid_unknown_fields=True, kw_only=True):
    """`as`: a picture of page 1, or all pages as HTML."""

    kind: Annotated[PreviewKind, msgspec.Meta()] = msgspec.field(name="as", default=PreviewKind.PNG)


class FillsController(Controller):
    path = "/templates/{template_id:uuid}"
    tags = ("Documents",)

    @post(
        "/fill",
        status_code=200,
        operation_id="fillTemplate",
        media_type="application/octet-stream",
        responses={202: ResponseSpec(JobAccepted, description="Much work: a job does it.")},
        middleware=[IDEMPOTENT_SLOW],
        request_max_body_size=MAX_DATA_BODY,
    )
    @inject
    async def fill(
        self,
        template_id: FromPath[UUID],
        data: JSONBody[FillRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[FillTemplateHandler],
    ) -> Response[Any]:
        """Fill it once. Little work is answered with the document, much of it with a job (202)."""
        made = await handle(
            actor,
            FillTemplate(
                template_id=TemplateId(template_id),
                data=data.data,
                number=data.version,
                format=data.format,
                options=data.options(),
                file_name=data.file_name,
                waiting=data.wait,
            ),
        )
        return _document(made) if isinstance(made, FilledDocument) else accepted(made)

    @post(
        "/preview",
        status_code=200,
        operation_id="previewTemplate",
        media_type="image/png",
        request_max_body_size=MAX_DATA_BODY,
    )
    @inject
    async def preview(
        self,
        template_id: FromPath[UUID],
        data: JSONBody[PreviewRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[PreviewTemplateHandler],
    ) -> Response[Any]:
        """How the template looks with this data; nothing is kept."""
        filling = FillTemplate(
            template_id=TemplateId(template_id),
            data=data.data,
            number=data.version,
            format=DocumentFormat.PDF,
            options=data.options(),
        )
        return shown(await handle(actor, PreviewTemplate(filling=filling, kind=data.kind)))


def _document(made: FilledDocument) -> Response[Any]:
    headers = {
        "Atelier-Engine": made.engine,
        "Atelier-Grade": made.fidelity.value,
    }
    if made.warnings:
        headers["Atelier-Warning"] = "; ".join(made.warnings).encode("ascii", "replace").decode()
    return attachment(made.content, made.file_name, MEDIA_TYPES[made.format], headers)
