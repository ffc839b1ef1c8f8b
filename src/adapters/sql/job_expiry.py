"""Finished jobs with their events and steps are the log of a workspace: whole runs grow old."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.retention import LOCK
from domain.identity.access import WorkspaceId
from domain.kernel.ports import UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.retention.ports import Due, Expirable, Removed, Sample

# Ids grow with time: the index on (workspace_id, id) finds the oldest.
_OVER: Final = (
    "SELECT r.id, r.kind, r.created_at, app.is_held(r.workspace_id, r.id) AS held FROM jobs r"
    " WHERE r.workspace_id = :workspace AND r.id = r.root_id AND r.id < app.first_id(:cut)"
    " AND r.finished_at <= :cut AND NOT EXISTS (SELECT 1 FROM jobs j"
    "  WHERE j.workspace_id = :workspace AND j.root_id = r.id"
    "  AND (j.finished_at IS NULL OR j.finished_at > :cut))"
)
_TOTAL: Final = text(
    "SELECT count(*) FILTER (WHERE NOT held) AS runs, count(*) FILTER (WHERE held) AS held,"  # noqa: S608
    f" min(created_at) FILTER (WHERE NOT held) AS oldest FROM ({_OVER}) AS over"
)
_SAMPLES: Final = text(
    f"SELECT id, kind, created_at FROM ({_OVER}) AS over WHERE NOT held"  # noqa: S608
    " ORDER BY id LIMIT :samples"
)
# A run may have very many jobs: the oldest run first and its root last, so that a rest is a run.
_REMOVE: Final = text(
    f"WITH over AS MATERIALIZED (SELECT id FROM ({_OVER}) AS runs WHERE NOT held"  # noqa: S608
    "  ORDER BY id LIMIT :limit),"
    " oldest AS MATERIALIZED (SELECT j.id FROM jobs j JOIN over ON j.root_id = over.id"
    "  WHERE j.workspace_id = :workspace"
    "  ORDER BY j.root_id, j.id = j.root_id, j.id LIMIT :limit)"
    " DELETE FROM jobs j USING oldest WHERE j.id = oldest.id"
)


class SqlJobExpiry(Expirable):
    """Counts runs, removes jobs."""

    name = "jobs"
    classes: Sequence[RetentionClass | None] = (RetentionClass.LOG,)

    def __init__(self, session: AsyncSession, uow: UnitOfWork) -> None:
        self._session, self._uow = session, uow

    async def due(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, samples: int
    ) -> Due:
        keys: dict[str, Any] = {"workspace": workspace_id, "cut": cut}
        total = (await self._session.execute(_TOTAL, keys)).one()
        rows = await self._session.execute(_SAMPLES, keys | {"samples": samples})
        return Due(
            count=total.runs,
            size=0,
            oldest=total.oldest,
            held=total.held,
            samples=tuple(Sample(id=str(row[0]), name=row[1], made_at=row[2]) for row in rows),
        )

    async def remove(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, limit: int
    ) -> Removed:
        await self._session.execute(LOCK, {"workspace": workspace_id})
        done: Any = await self._session.execute(
            _REMOVE, {"workspace": workspace_id, "cut": cut, "limit": limit}
        )
        await self._uow.commit()
        return Removed(done.rowcount, 0)
