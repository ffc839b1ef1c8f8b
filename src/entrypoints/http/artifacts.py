"""/v1/artifacts: files people sent and jobs made."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Final, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, MultipartBody, QueryParameter
from litestar.response import Redirect

from application.artifacts.link_download import LinkDownload, LinkDownloadHandler
from application.artifacts.store_upload import StoreUpload, StoreUploadHandler
from application.retention.remove_artifact import RemoveArtifact, RemoveArtifactHandler
from domain.artifacts.artifact import Artifact, ArtifactId
from domain.artifacts.ports import ArtifactFilter, Artifacts
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from domain.kernel.retention import RetentionClass
from domain.retention.policy import RetentionPolicy
from domain.retention.ports import Policies
from entrypoints.http.idempotency import IDEMPOTENT_SLOW
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging

LARGEST_UPLOAD: Final = 50 * 1024**2
_FORM: Final = 64 * 1024  # bytes around the file
_CHUNK: Final = 256 * 1024

Kind = Annotated[str | None, QueryParameter(max_length=64)]


class ArtifactResponse(msgspec.Struct):
    """`size` in bytes, `sha256` in hex. `expires_at` as the workspace's policy stands today."""

    id: UUID
    kind: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    retention: RetentionClass | None
    expires_at: datetime | None
    job_id: UUID | None
    created_by: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, artifact: Artifact, policy: RetentionPolicy) -> Self:
        kind = artifact.retention
        days = None if kind is None else timedelta(days=policy.days_of(kind))
        return cls(
            id=artifact.id,
            kind=artifact.kind,
            file_name=artifact.file_name,
            media_type=artifact.media_type,
            size=artifact.size,
            sha256=artifact.sha256,
            retention=kind,
            expires_at=None if days is None else artifact.created_at + days,
            job_id=artifact.job_id,
            created_by=artifact.created_by,
            created_at=artifact.created_at,
        )


class UploadForm(msgspec.Struct, forbid_unknown_fields=True):
    """`sha256` of the file in hex, if the sender knows it: checked before anything is kept."""

    file: UploadFile
    sha256: str | None = None


class ArtifactController(Controller):
    path = "/artifacts"
    tags = ("Files",)

    @get(operation_id="listArtifacts")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        artifacts: FromDishka[Artifacts],
        policies: FromDishka[Policies],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        kind: Kind = None,
        job_id: Annotated[UUID | None, QueryParameter()] = None,
    ) -> PageResponse[ArtifactResponse]:
        """The files of the workspace, newest first."""
        actor.require(Permission.ARTIFACTS_READ)
        policy = await policies.get(actor.workspace_id)
        page = await artifacts.page(
            actor.workspace_id,
            paging.asked(cursor, limit),
            matching=ArtifactFilter(kind=kind, job_id=job_id),
        )
        return paging.answer(page, lambda artifact: ArtifactResponse.of(artifact, policy))

    @get("/{artifact_id:uuid}", operation_id="getArtifact")
    @inject
    async def show(
        self,
        artifact_id: FromPath[UUID],
        actor: FromDishka[Actor],
        artifacts: FromDishka[Artifacts],
        policies: FromDishka[Policies],
    ) -> ArtifactResponse:
        """What is known of one file."""
        actor.require(Permission.ARTIFACTS_READ)
        artifact = await artifacts.get(actor.workspace_id, ArtifactId(artifact_id))
        return ArtifactResponse.of(artifact, await policies.get(actor.workspace_id))

    @post(
        status_code=201,
        operation_id="uploadArtifact",
        middleware=[IDEMPOTENT_SLOW],
        request_max_body_size=LARGEST_UPLOAD + _FORM,
    )
    @inject
    async def upload(
        self,
        data: MultipartBody[UploadForm],
        actor: FromDishka[Actor],
        handle: FromDishka[StoreUploadHandler],
        policies: FromDishka[Policies],
    ) -> Response[ArtifactResponse]:
        """Send a file of up to 50 MiB: a picture for documents, a sheet, a template."""
        command = StoreUpload(
            file_name=data.file.filename,
            media_type=data.file.content_type,
            read=lambda: _chunks(data.file),
            sha256=data.sha256,
        )
        artifact = await handle(actor, command)
        body = ArtifactResponse.of(artifact, await policies.get(actor.workspace_id))
        return Response(body, headers={"Location": f"/v1/artifacts/{artifact.id}"})

    @get("/{artifact_id:uuid}/download", operation_id="downloadArtifact", status_code=303)
    @inject
    async def download(
        self,
        artifact_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[LinkDownloadHandler],
    ) -> Redirect:
        """Leads to a link that anyone may use for five minutes; it is written into the audit."""
        url = await handle(actor, LinkDownload(artifact_id=ArtifactId(artifact_id)))
        return Redirect(url, status_code=303)

    @delete("/{artifact_id:uuid}", operation_id="removeArtifact", status_code=204)
    @inject
    async def remove(
        self,
        artifact_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RemoveArtifactHandler],
    ) -> None:
        """Remove a file before its time. What belongs to something else is removed with that."""
        await handle(actor, RemoveArtifact(artifact_id=ArtifactId(artifact_id)))


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    _ = await file.seek(0)
    while chunk := await file.read(_CHUNK):
        yield chunk
