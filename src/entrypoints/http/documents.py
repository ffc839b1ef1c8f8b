"""Shapes and answers that several documents resources share."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Self
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.params import PathParameter

from domain.artifacts.names import content_disposition
from domain.documents.fields import TemplateField
from domain.documents.marks import FieldKind, Place
from domain.documents.problems import Severity, TemplateProblem
from domain.documents.rendering import Content, Preview, PreviewKind
from domain.documents.rows import MissingPolicy
from domain.documents.run_options import FillOptions, PdfEngineChoice

BLOCK: Final = 1 << 20
MAX_TEMPLATE_BODY: Final = 52 << 20  # a template of 50 MB and its form
MAX_SHEET_BODY: Final = 202 << 20
MAX_DATA_BODY: Final = 20 << 20
LOOKED_AT: Final = frozenset({409, 413, 422})  # refusals of reads that draw
SHOWN: Final = {  # a file that is looked at may do nothing: no script, no request, no form
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
    ),
    "Cache-Control": "private, no-store",
}

Locale = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$")]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Number = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
NumberInPath = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]  # what the column holds


class PlaceResponse(msgspec.Struct):
    """`paragraph` counts the paragraphs of the part, from 0."""

    part: str
    paragraph: int
    text: str

    @classmethod
    def of(cls, place: Place) -> Self:
        return msgspec.convert(place, cls, from_attributes=True)


class ProblemResponse(msgspec.Struct):
    """What is wrong in a template, where, and what to do about it."""

    code: str
    severity: Severity
    message: str
    hint: str
    tag: str
    place: PlaceResponse | None

    @classmethod
    def of(cls, problem: TemplateProblem) -> Self:
        return msgspec.convert(problem, cls, from_attributes=True)


class FieldResponse(msgspec.Struct):
    """`name` is the path in a row of data; `fields` are those of the items of a list."""

    name: str
    kind: FieldKind
    label: str
    required: bool
    conditional: bool
    default: str | None
    example: str
    choices: tuple[str, ...]
    count: int
    places: tuple[PlaceResponse, ...]
    fields: "tuple[FieldResponse, ...]"

    @classmethod
    def of(cls, field: TemplateField) -> Self:
        return msgspec.convert(field, cls, from_attributes=True)


class FillOptionsRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`missing`: what happens where the data has no value for a required field."""

    missing: MissingPolicy = MissingPolicy.ERROR
    pdf_engine: PdfEngineChoice = PdfEngineChoice.AUTO
    locale: Locale = "en"

    def options(self) -> FillOptions:
        return FillOptions(missing=self.missing, pdf_engine=self.pdf_engine, locale=self.locale)


class JobAccepted(msgspec.Struct):
    """Follow `/v1/jobs/{job_id}`; what it made are the artifacts with that job's id."""

    job_id: UUID


def accepted(job_id: UUID) -> Response[Any]:
    return Response(
        JobAccepted(job_id=job_id),
        status_code=202,
        media_type="application/json",
        headers={"Location": f"/v1/jobs/{job_id}"},
    )


def attachment(
    content: bytes, file_name: str, media_type: str, headers: dict[str, str] | None = None
) -> Response[Any]:
    return Response(
        content,
        media_type=media_type,
        headers=_saved(file_name) | (headers or {}),
    )


def shown(preview: Preview) -> Response[Any]:
    html = preview.kind is PreviewKind.HTML
    media_type = "text/html; charset=utf-8" if html else "image/png"
    return Response(preview.content, media_type=media_type, headers=SHOWN)


def content_of(upload: UploadFile) -> Content:
    """An uploaded file as a stream that can be read again."""

    async def read() -> AsyncIterator[bytes]:
        await upload.seek(0)
        while block := await upload.read(BLOCK):
            yield block

    return read


def _saved(file_name: str) -> dict[str, str]:
    return {
        "Content-Disposition": content_disposition(file_name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "private, no-store",
    }
