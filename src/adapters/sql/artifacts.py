"""Artifacts and the objects they name, in SQL."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    String,
    Table,
    Uuid,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, mapper_registry, metadata
from domain.artifacts.artifact import Artifact, ArtifactId, ArtifactNotFound
from domain.artifacts.ports import (
    ArtifactFilter,
    ArtifactPosition,
    Artifacts,
    BlobCondemned,
    BlobExists,
    BlobInfo,
)
from domain.identity.access import WorkspaceId
from domain.kernel.retention import RetentionClass

blobs: Final = Table(
    "blobs",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("key", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("refs", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("condemned_at", DateTime(timezone=True)),
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
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("removed_at", DateTime(timezone=True)),
)
mapper_registry.map_imperatively(Artifact, artifacts)


class SqlArtifacts(Artifacts):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, artifact: Artifact) -> None:
        await self._register(artifact)
        try:
            async with self._session.begin_nested():
                self._session.add(artifact)
        except DBAPIError as error:
            if _constraint(error) == "tr_artifacts_condemned":
                raise BlobCondemned("The stored file is just being removed.") from error
            raise

    async def get(self, workspace_id: WorkspaceId, artifact_id: ArtifactId) -> Artifact:
        artifact = await self._session.get(Artifact, artifact_id)
        if artifact is None or artifact.workspace_id != workspace_id:
            raise ArtifactNotFound("There is no such file.")
        artifact.require_present()
        return artifact

    async def page(
        self,
        workspace_id: WorkspaceId,
        *,
        matching: ArtifactFilter,
        after: ArtifactPosition | None,
        limit: int,
    ) -> tuple[Artifact, ...]:
        c = artifacts.c
        query = select(Artifact).where(c.workspace_id == workspace_id, c.removed_at.is_(None))
        if matching.kind is not None:
            query = query.where(c.kind == matching.kind)
        if matching.job_id is not None:
            query = query.where(c.job_id == matching.job_id)
        if after is not None:
            query = query.where(tuple_(c.created_at, c.id) < (after.created_at, after.id))
        query = query.order_by(c.created_at.desc(), c.id.desc()).limit(limit)
        return tuple((await self._session.scalars(query)).all())

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


def _constraint(error: DBAPIError) -> str | None:
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None)
