"""Uploads under way, in SQL; their leases are updates that find the row free."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    BigInteger,
    Column,
    CursorResult,
    Interval,
    RowMapping,
    String,
    Table,
    Update,
    Uuid,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.artifacts import blobs
from adapters.sql.base import TextEnum, Value, metadata
from domain.artifacts.growing import Growth
from domain.artifacts.ports import BlobInfo
from domain.artifacts.upload import (
    LEASE,
    Upload,
    UploadFacts,
    UploadId,
    UploadLocked,
    UploadNotFound,
    UploadStatus,
)
from domain.artifacts.upload_ports import Uploads
from domain.identity.access import WorkspaceId

uploads: Final = Table(
    "uploads",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("status", TextEnum(UploadStatus), nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("sha256", String),
    Column("metadata", Value(UploadFacts), key="facts", nullable=False),
    Column("store_upload_id", String),
    Column("parts", Value(Growth), key="growth", nullable=False),
    Column("lease_until", DateTimeUTC(timezone=True)),
    Column("lease_holder", Uuid),
    Column("artifact_id", Uuid),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("expires_at", DateTimeUTC(timezone=True), nullable=False),
)
_c: Final = uploads.c
_FIELDS: Final = [
    column.label(column.key) for column in _c if column.key in Upload.__dataclass_fields__
]
_FREE: Final = or_(_c.lease_until.is_(None), _c.lease_until < func.now())
_LEASE_END: Final = func.now() + literal(LEASE, Interval)
_CONTENT: Final = text(
    "SELECT pg_advisory_xact_lock(hashtextextended("
    "'atelier.content:' || :workspace || ':' || :sha256, 0))"
)


class SqlUploads(Uploads):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, upload: Upload) -> None:
        values = {field.name: getattr(upload, field.name) for field in _FIELDS}
        store_id = upload.growth.store_id or None
        await self._session.execute(insert(uploads).values(**values, store_upload_id=store_id))

    async def get(self, workspace_id: WorkspaceId, upload_id: UploadId) -> Upload:
        query = select(*_FIELDS).where(_c.workspace_id == workspace_id, _c.id == upload_id)
        found = (await self._session.execute(query)).mappings().one_or_none()
        if found is None:
            raise UploadNotFound("There is no such upload.")
        return _upload(found)

    async def claim(self, workspace_id: WorkspaceId, upload_id: UploadId, holder: UUID) -> Upload:
        query = (
            update(uploads)
            .where(_c.workspace_id == workspace_id, _c.id == upload_id, _FREE)
            .values(lease_holder=holder, lease_until=_LEASE_END)
            .returning(*_FIELDS)
        )
        found = (await self._session.execute(query)).mappings().one_or_none()
        if found is None:
            await self.get(workspace_id, upload_id)
            raise _locked()
        return _upload(found)

    async def save(self, upload: Upload, holder: UUID, *, keep: bool) -> None:
        await self._change(
            _held(upload, holder).values(
                status=upload.status,
                received=upload.received,
                growth=upload.growth,
                facts=upload.facts,
                artifact_id=upload.artifact_id,
                expires_at=upload.expires_at,
                lease_holder=holder if keep else None,
                lease_until=_LEASE_END if keep else None,
            )
        )

    async def renew(self, upload: Upload, holder: UUID) -> None:
        await self._change(_held(upload, holder).values(lease_until=_LEASE_END))

    async def release(self, upload: Upload, holder: UUID) -> None:
        await self._session.execute(
            _held(upload, holder).values(lease_until=None, lease_holder=None)
        )

    async def remove(self, upload: Upload) -> None:
        await self._session.execute(
            delete(uploads).where(_c.workspace_id == upload.workspace_id, _c.id == upload.id)
        )

    async def expired(
        self, workspace_id: WorkspaceId, now: datetime, limit: int
    ) -> Sequence[Upload]:
        query = (
            select(*_FIELDS)
            .where(_c.workspace_id == workspace_id, _c.expires_at <= now, _FREE)
            .order_by(_c.expires_at, _c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [_upload(row) for row in (await self._session.execute(query)).mappings()]

    async def same_content(self, workspace_id: WorkspaceId, sha256: str) -> BlobInfo | None:
        await self._session.execute(_CONTENT, {"workspace": str(workspace_id), "sha256": sha256})
        c = blobs.c
        query = (
            select(c.key, c.size, c.sha256)
            .where(
                c.workspace_id == workspace_id,
                c.sha256 == sha256,
                c.condemned_at.is_(None),
                c.refs > 0,
                or_(*(c.key.startswith(f"{workspace_id}/{of}/") for of in ("blobs", "uploads"))),
            )
            .order_by(c.created_at)
            .limit(1)
        )
        found = (await self._session.execute(query)).one_or_none()
        return found and BlobInfo(key=found.key, size=found.size, sha256=found.sha256)

    async def _change(self, statement: Update) -> None:
        done: CursorResult[Any] = await self._session.execute(statement)  # type: ignore[assignment]
        if done.rowcount != 1:
            raise _locked()


def _held(upload: Upload, holder: UUID) -> Update:
    return update(uploads).where(
        _c.workspace_id == upload.workspace_id, _c.id == upload.id, _c.lease_holder == holder
    )


def _upload(row: RowMapping) -> Upload:
    return Upload(**row)


def _locked() -> UploadLocked:
    seconds = int(LEASE.total_seconds())
    return UploadLocked("Somebody else is sending this upload just now.", retry_after=seconds // 5)
