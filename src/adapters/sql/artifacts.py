"""Artifacts and the objects they name, in SQL."""

from typing import Final

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    String,
    Table,
    Uuid,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, mapper_registry, metadata
from adapters.sql.pages import read_page
from adapters.sql.refusals import refuse
from domain.artifacts.artifact import Artifact, ArtifactId, ArtifactNotFound
from domain.artifacts.ports import (
    ArtifactFilter,
    Artifacts,
    BlobCondemned,
    BlobExists,
    BlobInfo,
)
from domain.identity.access import WorkspaceId
from domain.kernel.pages import Page, PageRequest
from domain.kernel.retention import RetentionClass

blobs: Final = Table(
    "blobs",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("key", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("refs", Integer, nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("condemned_at", DateTimeUTC(timezone=True)),
)
artifacts: Final = Table(
    "artifacts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("retention", TextEnum(RetentionClass)),
    Column("job_id", Uuid),
    Column("created_by", Uuid),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("removed_at", DateTimeUTC(timezone=True)),
)
mapper_registry.map_imperatively(Artifact, artifacts)
refuse("tr_artifacts_condemned", BlobCondemned, "The stored file is just being removed.")


class SqlArtifacts(Artifacts):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, artifact: Artifact) -> None:
        await self._register(artifact)
        async with self._session.begin_nested():
            self._session.add(artifact)

    async def get(self, workspace_id: WorkspaceId, artifact_id: ArtifactId) -> Artifact:
        artifact = await self._session.get(Artifact, artifact_id)
        if artifact is None or artifact.workspace_id != workspace_id:
            raise ArtifactNotFound("There is no such file.")
        artifact.require_present()
        return artifact

    async def page(
        self, workspace_id: WorkspaceId, request: PageRequest, *, matching: ArtifactFilter
    ) -> Page[Artifact]:
        c = artifacts.c
        query = select(Artifact, c.created_at, c.id)
        query = query.where(c.workspace_id == workspace_id, c.removed_at.is_(None))
        if matching.kind is not None:
            query = query.where(c.kind == matching.kind)
        if matching.job_id is not None:
            query = query.where(c.job_id == matching.job_id)
        keys = (c.created_at, c.id)
        return await read_page(self._session, query, keys, request, lambda row: row["Artifact"])

    async def find_content(self, workspace_id: WorkspaceId, sha256: str) -> BlobInfo | None:
        c = blobs.c
        query = select(c.key, c.size, c.sha256).where(
            c.workspace_id == workspace_id,
            c.sha256 == sha256,
            c.key.startswith(f"{workspace_id}/blobs/"),
            c.condemned_at.is_(None),
        )
        found = (await self._session.execute(query)).one_or_none()
        return found and BlobInfo(key=found.key, size=found.size, sha256=found.sha256)

    async def _register(self, artifact: Artifact) -> None:
        """The row of the object; another artifact may have written it already."""
        await self._session.execute(
            insert(blobs)
            .values(
                workspace_id=artifact.workspace_id,
                key=artifact.key,
                size=artifact.size,
                sha256=artifact.sha256,
                refs=0,
                created_at=artifact.created_at,
            )
            .on_conflict_do_nothing()
        )
        query = select(blobs.c.size, blobs.c.sha256).where(
            blobs.c.workspace_id == artifact.workspace_id, blobs.c.key == artifact.key
        )
        there = (await self._session.execute(query)).one_or_none()
        if there is None:  # the same content went live under another key
            raise BlobCondemned("The same file was just stored under another name; use that.")
        if tuple(there) != (artifact.size, artifact.sha256):
            raise BlobExists("Another file is already recorded under this key.")
