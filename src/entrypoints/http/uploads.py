"""/v1/uploads: large files in pieces, by tus 1.0.0; a broken line costs only what was on it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, head, patch, post
from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter

from application.artifacts.create_upload import CreateUpload, CreateUploadHandler
from application.artifacts.receive_piece import ReceivePiece, ReceivePieceHandler
from application.artifacts.watch_upload import (
    EndUpload,
    EndUploadHandler,
    WatchUpload,
    WatchUploadHandler,
)
from domain.artifacts.checksums import PieceChecksum
from domain.artifacts.upload import DEFAULT_KIND, Upload, UploadId, UploadStatus
from domain.identity.access import Actor
from entrypoints.http.tus_protocol import (
    PIECE,
    AnyRequest,
    BadUploadHeader,
    announced,
    body_of,
    count,
    http_date,
    length_of,
    metadata_of,
    require_piece,
    speaks_tus,
)

TUS: Final = {"tus": True, "refusals": frozenset({412, 423, 460})}
WATCHED: Final = {"refusals": frozenset({422, 423})}
_KIND: Final = re.compile(r"[a-z][a-z0-9.-]{0,63}")
Resumable = Annotated[str | None, HeaderParameter(name="Tus-Resumable", description="1.0.0")]
Length = Annotated[str | None, HeaderParameter(name="Upload-Length", description="Bytes in all.")]
Offset = Annotated[
    str | None, HeaderParameter(name="Upload-Offset", description="Where these bytes begin.")
]
Metadata = Annotated[
    str | None,
    HeaderParameter(
        name="Upload-Metadata",
        description="`filename`, `filetype`, `sha256` (hex, of the whole file) and `kind`,"
        " each followed by its value in base64; others are kept and mean nothing.",
    ),
]
Checksum = Annotated[
    str | None,
    HeaderParameter(
        name="Upload-Checksum",
        description="`sha1`, `sha256` or `md5`, a space, and the digest of these bytes in base64.",
    ),
]


class UploadResponse(msgspec.Struct):
    """`artifact_id` is the file once the upload is complete.

    `duplicate`: these very bytes were in the workspace already, and are stored once.
    """

    id: UUID
    kind: str
    file_name: str
    length: int
    offset: int
    status: UploadStatus
    direct: bool
    duplicate: bool
    artifact_id: UUID | None
    expires_at: datetime

    @classmethod
    def of(cls, upload: Upload) -> Self:
        return cls(
            id=upload.id,
            kind=upload.kind,
            file_name=upload.file_name,
            length=upload.length,
            offset=upload.received,
            status=upload.status,
            direct=upload.facts.direct,
            duplicate=upload.facts.duplicate,
            artifact_id=upload.artifact_id,
            expires_at=upload.expires_at,
        )


def headers_of(upload: Upload) -> dict[str, str]:
    """`Upload-Artifact` is ours: the file, and whether its bytes were there before."""
    headers = {"Upload-Offset": str(upload.received)}
    if upload.status is UploadStatus.OPEN:
        headers["Upload-Expires"] = http_date(upload.expires_at)
    elif upload.artifact_id is not None:
        seen = "; duplicate" if upload.facts.duplicate else ""
        headers["Upload-Artifact"] = f"{upload.artifact_id}{seen}"
    return headers


def _said(**headers: str) -> list[ResponseHeader]:
    """For the description alone."""
    return [
        ResponseHeader(name=name.replace("_", "-"), description=text, documentation_only=True)
        for name, text in headers.items()
    ]


_STATE: Final = _said(
    Upload_Offset="How many bytes are safe.",
    Upload_Expires="When an unfinished upload is given up (HTTP date).",
    Upload_Artifact="The file's id once it is complete, and `; duplicate` if it was there before.",
)


class UploadController(Controller):
    path = "/uploads"
    tags = ("Uploads",)
    guards = (speaks_tus,)

    @post(operation_id="createUpload", status_code=201, opt=TUS, response_headers=_STATE)
    @inject
    async def create(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        handle: FromDishka[CreateUploadHandler],
        receive: FromDishka[ReceivePieceHandler],
        tus_resumable: Resumable = None,
        upload_length: Length = None,
        upload_metadata: Metadata = None,
        upload_checksum: Checksum = None,
    ) -> Response[None]:
        """Begin an upload; its first bytes may come along (`application/offset+octet-stream`).

        Room for the whole file is reserved. Without a byte for 24 hours it is given up.
        """
        command = _wanted(length_of(request), upload_metadata or "")
        comes_along = request.content_type[0] == PIECE
        checksum = PieceChecksum.read(upload_checksum) if upload_checksum else None
        upload = await handle(actor, command)
        if comes_along:
            upload = await receive(actor, _piece(request, upload.id, 0, checksum))
        location = {"Location": f"/v1/uploads/{upload.id}"}
        state = headers_of(upload)
        if not comes_along:
            del state["Upload-Offset"]
        return Response(None, status_code=201, headers=location | state)

    @head("/{upload_id:uuid}", operation_id="getUploadOffset", opt=TUS, response_headers=_STATE)
    @inject
    async def offset(
        self,
        upload_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[WatchUploadHandler],
        tus_resumable: Resumable = None,
    ) -> Response[None]:
        """Where the next piece begins."""
        upload = await handle(actor, WatchUpload(upload_id=UploadId(upload_id)))
        headers = headers_of(upload) | {"Upload-Length": str(upload.length)}
        if upload.facts.sent:
            headers["Upload-Metadata"] = upload.facts.sent
        return Response(None, headers=headers | {"Cache-Control": "no-store"})

    @get(
        "/{upload_id:uuid}",
        operation_id="getUpload",
        opt=WATCHED,
    )
    @inject
    async def show(
        self,
        upload_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[WatchUploadHandler],
    ) -> UploadResponse:
        """How far an upload is, and the file it became."""
        upload = await handle(actor, WatchUpload(upload_id=UploadId(upload_id)))
        return UploadResponse.of(upload)

    @patch(
        "/{upload_id:uuid}",
        operation_id="sendUploadPiece",
        status_code=204,
        opt=TUS,
        response_headers=_STATE,
        responses={204: ResponseSpec(data_container=None, description="These bytes are safe.")},
    )
    @inject
    async def send(
        self,
        request: AnyRequest,
        upload_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[ReceivePieceHandler],
        tus_resumable: Resumable = None,
        upload_offset: Offset = None,
        upload_checksum: Checksum = None,
    ) -> Response[None]:
        """Send the next bytes as `application/offset+octet-stream`; as many as you like at once.

        Bytes that came before a connection broke are kept, unless a checksum came with them.
        """
        require_piece(request)
        offset = count("Upload-Offset", upload_offset)
        checksum = PieceChecksum.read(upload_checksum) if upload_checksum else None
        upload = await handle(actor, _piece(request, UploadId(upload_id), offset, checksum))
        return Response(None, status_code=204, headers=headers_of(upload))

    @delete("/{upload_id:uuid}", operation_id="endUpload", status_code=204, opt=TUS)
    @inject
    async def end(
        self,
        upload_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[EndUploadHandler],
        tus_resumable: Resumable = None,
    ) -> None:
        """Give an upload up; what came is dropped. A file that is complete stays."""
        await handle(actor, EndUpload(upload_id=UploadId(upload_id)))


def _wanted(length: int, sent: str) -> CreateUpload:
    """Browsers' libraries say `name` and `type` for what others call `filename`, `filetype`."""
    metadata = metadata_of(sent)
    kind = metadata.get("kind") or DEFAULT_KIND
    if not _KIND.fullmatch(kind):
        raise BadUploadHeader("A kind is a word in lower case.", header="Upload-Metadata")
    return CreateUpload(
        file_name=_first(metadata, "filename", "name"),
        media_type=_first(metadata, "filetype", "type"),
        length=length,
        sha256=metadata.get("sha256") or None,
        kind=kind,
        sent=sent,
    )


def _first(metadata: Mapping[str, str], *keys: str) -> str:
    return next((metadata[key] for key in keys if metadata.get(key)), "")


def _piece(
    request: AnyRequest, upload_id: UploadId, offset: int, checksum: PieceChecksum | None
) -> ReceivePiece:
    return ReceivePiece(
        upload_id=upload_id,
        offset=offset,
        size=announced(request),
        content=body_of(request),
        checksum=checksum,
    )
