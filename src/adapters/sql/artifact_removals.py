"""The steps by which artifacts and their objects go, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.retention import LOCK
from domain.identity.access import WorkspaceId
from domain.kernel.retention import RetentionClass
from domain.retention.ports import ArtifactRemovals, Due, Removed, Sample

_OLD: Final = (
    "a.workspace_id = :workspace AND a.retention {} AND a.created_at <= :cut"
    " AND a.removed_at IS NULL"
)
_TOTAL: Final = (
    "SELECT count(*) FILTER (WHERE NOT held) AS count, count(*) FILTER (WHERE held) AS held,"  # noqa: S608
    " coalesce(sum(size) FILTER (WHERE NOT held), 0)::bigint AS size,"
    " min(created_at) FILTER (WHERE NOT held) AS oldest FROM"
    f" (SELECT a.size, a.created_at, app.is_held(a.workspace_id, a.id) AS held"
    f" FROM artifacts a WHERE {_OLD}) AS old"
)
_SAMPLES: Final = (
    f"SELECT a.id, a.file_name, a.created_at FROM artifacts a WHERE {_OLD}"  # noqa: S608
    " AND NOT app.is_held(a.workspace_id, a.id) ORDER BY a.created_at, a.id LIMIT :samples"
)
_MARK: Final = (
    f"WITH old AS MATERIALIZED (SELECT a.id FROM artifacts a WHERE {_OLD}"  # noqa: S608
    " AND NOT app.is_held(a.workspace_id, a.id)"
    " ORDER BY a.created_at, a.id LIMIT :limit FOR UPDATE)"
    " UPDATE artifacts a SET removed_at = :now FROM old WHERE a.id = old.id RETURNING a.size"
)
_CONDEMN: Final = text(
    "WITH unused AS MATERIALIZED (SELECT b.key FROM blobs b"
    " WHERE b.workspace_id = :workspace AND b.refs = 0"
    " ORDER BY b.created_at LIMIT :limit FOR UPDATE)"
    " UPDATE blobs b SET condemned_at = coalesce(b.condemned_at, :now) FROM unused"
    " WHERE b.workspace_id = :workspace AND b.key = unused.key RETURNING b.key"
)
_ADOPT: Final = text(
    "INSERT INTO blobs (workspace_id, key, size, sha256, created_at, condemned_at)"
    " SELECT :workspace, k.key, 0, repeat('0', 64), :now, :now"
    " FROM unnest(CAST(:keys AS text[])) AS k (key)"
    " WHERE NOT EXISTS (SELECT 1 FROM uploads u"
    "  WHERE u.workspace_id = :workspace AND u.status = 'open'"
    "  AND starts_with(k.key, regexp_replace(u.key, '[^/]*$', '')))"
    " ORDER BY k.key ON CONFLICT (workspace_id, key) DO NOTHING RETURNING key"
)
_GONE: Final = (
    "SELECT a.id FROM artifacts a WHERE a.workspace_id = :workspace AND a.removed_at IS NOT NULL"
    " AND (a.key = ANY(:keys) OR EXISTS (SELECT 1 FROM blobs b"
    "  WHERE b.workspace_id = a.workspace_id AND b.key = a.key AND b.refs > 0))"
)
_GONE_IDS: Final = text(_GONE)
_FORGET_ALL: Final = text(f"DELETE FROM artifacts WHERE id IN ({_GONE})")  # noqa: S608
_FORGET_ONE: Final = text("DELETE FROM artifacts WHERE id = :id")
_FORGET_BLOBS: Final = text(
    "DELETE FROM blobs b WHERE b.workspace_id = :workspace AND b.key = ANY(:keys)"
    " AND b.condemned_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM artifacts a"
    "  WHERE a.workspace_id = b.workspace_id AND a.key = b.key)"
)


class SqlArtifactRemovals(ArtifactRemovals):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def due(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, samples: int
    ) -> Due:
        keys: dict[str, Any] = {"workspace": workspace_id, "cut": cut}
        keys |= {} if kind is None else {"kind": kind.value}
        total = (await self._session.execute(_of(kind, _TOTAL), keys)).one()
        rows = await self._session.execute(_of(kind, _SAMPLES), keys | {"samples": samples})
        return Due(
            **total._mapping,  # noqa: SLF001 - its public name
            samples=tuple(Sample(id=str(row[0]), name=row[1], made_at=row[2]) for row in rows),
        )

    async def mark(
        self,
        workspace_id: WorkspaceId,
        kind: RetentionClass | None,
        cut: datetime,
        now: datetime,
        limit: int,
    ) -> Removed:
        keys: dict[str, Any] = {"workspace": workspace_id}
        keys |= {} if kind is None else {"kind": kind.value}
        await self._session.execute(LOCK, {"workspace": workspace_id})
        values = keys | {"cut": cut, "now": now, "limit": limit}
        marked = await self._session.scalars(_of(kind, _MARK), values)
        sizes = marked.all()
        return Removed(len(sizes), sum(sizes))

    async def condemn(
        self, workspace_id: WorkspaceId, now: datetime, limit: int
    ) -> tuple[str, ...]:
        keys = {"workspace": workspace_id, "now": now, "limit": limit}
        return tuple(await self._session.scalars(_CONDEMN, keys))

    async def adopt_orphans(
        self, workspace_id: WorkspaceId, keys: Sequence[str], now: datetime
    ) -> tuple[str, ...]:
        values = {"workspace": workspace_id, "keys": list(keys), "now": now}
        return tuple(await self._session.scalars(_ADOPT, values))

    async def forget(self, workspace_id: WorkspaceId, keys: Sequence[str]) -> int:
        values = {"workspace": workspace_id, "keys": list(keys)}
        try:
            async with self._session.begin_nested():
                await self._session.execute(_FORGET_ALL, values)
        except IntegrityError:  # something still names one of them: it stays, marked as removed
            await self._forget_one_by_one(values)
        forgotten: Any = await self._session.execute(_FORGET_BLOBS, values)
        return int(forgotten.rowcount)

    async def _forget_one_by_one(self, values: dict[str, Any]) -> None:
        for artifact_id in (await self._session.scalars(_GONE_IDS, values)).all():
            try:
                async with self._session.begin_nested():
                    await self._session.execute(_FORGET_ONE, {"id": artifact_id})
            except IntegrityError:
                continue


def _of(kind: RetentionClass | None, statement: str) -> TextClause:
    """Written out, because no index answers IS NOT DISTINCT FROM."""
    return text(statement.format("IS NULL" if kind is None else "= :kind"))
