"""/v1/uploads/multipart: large files straight to the bucket, where files are kept in one."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody

from application.artifacts.create_upload import CreateUpload, CreateUploadHandler
from application.artifacts.direct_upload import (
    MOST_LINKS,
    CompleteDirect,
    CompleteDirectHandler,
    LinkParts,
    LinkPartsHandler,
    ListParts,
    ListPartsHandler,
    part_count,
)
from domain.artifacts.growing import PartLink
from domain.artifacts.upload import DEFAULT_KIND, Upload, UploadId
from domain.identity.access import Actor
from entrypoints.http.idempotency import IDEMPOTENT_SLOW
from entrypoints.http.uploads import UploadResponse

_BUSY: Final = {"refusals": frozenset({423})}


class DirectUploadRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`length` in bytes; `sha256` of the file in hex, if you know it: checked at the end."""

    file_name: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    length: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
    media_type: Annotated[str, msgspec.Meta(max_length=127)] = ""
    sha256: str | None = None
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9.-]{0,63}$")] = DEFAULT_KIND


class PartLinkResponse(msgspec.Struct):
    """PUT exactly `size` bytes from `offset` to `url` within `expires_in` seconds."""

    number: int
    offset: int
    size: int
    url: str
    expires_in: int

    @classmethod
    def of(cls, link: PartLink) -> Self:
        return msgspec.convert(link, cls, from_attributes=True)


class DirectUploadResponse(msgspec.Struct):
    """`links` to the first parts; ask for the others when you come to them."""

    id: UUID
    length: int
    part_size: int
    part_count: int
    expires_at: datetime
    links: list[PartLinkResponse]

    @classmethod
    def of(cls, upload: Upload, links: tuple[PartLink, ...]) -> Self:
        return cls(
            id=upload.id,
            length=upload.length,
            part_size=upload.growth.part_size,
            part_count=part_count(upload.growth),
            expires_at=upload.expires_at,
            links=[PartLinkResponse.of(link) for link in links],
        )


class PartsRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Numbers of parts, from 1."""

    numbers: Annotated[list[int], msgspec.Meta(min_length=1, max_length=MOST_LINKS)]


class PartLinks(msgspec.Struct):
    links: list[PartLinkResponse]


class ReceivedPart(msgspec.Struct):
    number: int
    size: int


class ReceivedParts(msgspec.Struct):
    """What the bucket holds; the parts that are missing here are to be sent."""

    received: int
    length: int
    part_size: int
    part_count: int
    parts: list[ReceivedPart]


class DirectUploadController(Controller):
    path = "/uploads"
    tags = ("Uploads",)

    @post(
        "/multipart",
        operation_id="createDirectUpload",
        status_code=201,
        middleware=[IDEMPOTENT_SLOW],
    )
    @inject
    async def create(
        self,
        data: JSONBody[DirectUploadRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[CreateUploadHandler],
        link: FromDishka[LinkPartsHandler],
    ) -> Response[DirectUploadResponse]:
        """Begin an upload whose parts go straight to the bucket, where there is one."""
        command = CreateUpload(
            file_name=data.file_name,
            media_type=data.media_type,
            length=data.length,
            sha256=data.sha256,
            kind=data.kind,
            direct=True,
        )
        upload = await handle(actor, command)
        numbers = range(1, min(part_count(upload.growth), MOST_LINKS) + 1)
        links = await link(actor, LinkParts(upload_id=upload.id, numbers=numbers))
        headers = {"Location": f"/v1/uploads/{upload.id}"}
        body = DirectUploadResponse.of(upload, links)
        return Response(body, status_code=201, headers=headers)

    @get("/{upload_id:uuid}/parts", operation_id="listUploadParts", opt={"refusals": {409}})
    @inject
    async def parts(
        self,
        upload_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[ListPartsHandler],
    ) -> ReceivedParts:
        """The parts the bucket has received: go on with the others."""
        growth = await handle(actor, ListParts(upload_id=UploadId(upload_id)))
        return ReceivedParts(
            received=growth.size,
            length=growth.total,
            part_size=growth.part_size,
            part_count=part_count(growth),
            parts=[ReceivedPart(part.number, part.size) for part in growth.parts],
        )

    @post("/{upload_id:uuid}/parts", operation_id="linkUploadParts", status_code=200)
    @inject
    async def link(
        self,
        upload_id: FromPath[UUID],
        data: JSONBody[PartsRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[LinkPartsHandler],
    ) -> PartLinks:
        """Addresses to PUT parts to, for five minutes; ask again whenever they are over."""
        command = LinkParts(upload_id=UploadId(upload_id), numbers=data.numbers)
        links = await handle(actor, command)
        return PartLinks([PartLinkResponse.of(link) for link in links])

    @post(
        "/{upload_id:uuid}/complete",
        operation_id="completeDirectUpload",
        status_code=200,
        opt=_BUSY,
    )
    @inject
    async def complete(
        self,
        upload_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[CompleteDirectHandler],
    ) -> UploadResponse:
        """All parts are there: put the file together, check it, and make it a file of ours.

        It is read once for its SHA-256; repeat the request if its answer is lost.
        """
        return UploadResponse.of(await handle(actor, CompleteDirect(upload_id=UploadId(upload_id))))
