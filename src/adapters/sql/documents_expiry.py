"""Bulk runs grow old with what they made; templates go with their workspace alone."""

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

_ROWS_AT_ONCE: Final = 20_000  # a run may have a million rows, and a statement has ten seconds
_RUNS: Final = (
    "SELECT r.id, r.name, r.created_at, app.is_held(r.workspace_id, r.id) AS held"
    " FROM bulk_runs r WHERE r.workspace_id = :workspace AND r.created_at <= :cut"
    " AND r.finished_at IS NOT NULL"
)
_TEMPLATES: Final = (
    "SELECT t.id, t.name, t.created_at, app.is_held(t.workspace_id, t.id) AS held"
    " FROM templates t WHERE t.workspace_id = :workspace AND t.created_at <= :cut"
    " AND NOT EXISTS (SELECT 1 FROM bulk_runs r"
    "  WHERE r.workspace_id = t.workspace_id AND r.template_id = t.id)"
)
_ROWS: Final = text(
    f"WITH oldest AS MATERIALIZED (SELECT id FROM ({_RUNS}) AS runs WHERE NOT held"  # noqa: S608
    "  ORDER BY created_at, id LIMIT :limit),"
    " batch AS MATERIALIZED (SELECT b.bulk_run_id, b.row_number FROM bulk_rows b"
    "  JOIN oldest ON b.bulk_run_id = oldest.id WHERE b.workspace_id = :workspace LIMIT :rows)"
    " DELETE FROM bulk_rows b USING batch WHERE b.workspace_id = :workspace"
    " AND b.bulk_run_id = batch.bulk_run_id AND b.row_number = batch.row_number"
)


class SqlDocumentsExpiry(Expirable):
    """Counts runs (or templates) when asked what is due, and removes their rows first."""

    name = "documents"
    classes: Sequence[RetentionClass | None] = (RetentionClass.ARTIFACT, None)

    def __init__(self, session: AsyncSession, uow: UnitOfWork) -> None:
        self._session, self._uow = session, uow

    async def due(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, samples: int
    ) -> Due:
        over = _TEMPLATES if kind is None else _RUNS
        keys: dict[str, Any] = {"workspace": workspace_id, "cut": cut}
        total = (await self._session.execute(_total(over), keys)).one()
        rows = await self._session.execute(_samples(over), keys | {"samples": samples})
        return Due(
            count=total.things,
            size=0,
            oldest=total.oldest,
            held=total.held,
            samples=tuple(Sample(id=str(row[0]), name=row[1], made_at=row[2]) for row in rows),
        )

    async def remove(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, limit: int
    ) -> Removed:
        await self._session.execute(LOCK, {"workspace": workspace_id})
        keys = {"workspace": workspace_id, "cut": cut, "limit": limit}
        count = 0
        if kind is not None:
            count = await self._deleted(_ROWS, keys | {"rows": _ROWS_AT_ONCE})
        if not count:
            table, over = ("templates", _TEMPLATES) if kind is None else ("bulk_runs", _RUNS)
            count = await self._deleted(_removal(table, over), keys)
        await self._uow.commit()
        return Removed(count, 0)

    async def _deleted(self, statement: Any, keys: dict[str, Any]) -> int:
        done: Any = await self._session.execute(statement, keys)
        return int(done.rowcount)


def _total(over: str) -> Any:
    return text(
        "SELECT count(*) FILTER (WHERE NOT held) AS things, count(*) FILTER (WHERE held) AS held,"  # noqa: S608
        f" min(created_at) FILTER (WHERE NOT held) AS oldest FROM ({over}) AS over"
    )


def _samples(over: str) -> Any:
    return text(
        f"SELECT id, name, created_at FROM ({over}) AS over WHERE NOT held"  # noqa: S608
        " ORDER BY created_at, id LIMIT :samples"
    )


def _removal(table: str, over: str) -> Any:
    return text(
        f"WITH oldest AS MATERIALIZED (SELECT id FROM ({over}) AS things WHERE NOT held"  # noqa: S608
        "  ORDER BY created_at, id LIMIT :limit)"
        f" DELETE FROM {table} t USING oldest"
        " WHERE t.workspace_id = :workspace AND t.id = oldest.id"
    )
