"""Removes what the platform leaves behind: sent messages, spent slots, finished jobs of its own."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.kernel.ports import UnitOfWork
from domain.retention.ports import PlatformTrail

_OUTBOX: Final = text(
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE sent_at <= :cut"
    " ORDER BY sent_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
)
# The newest slot of each name stays: it says what the clock has done already.
_SLOTS: Final = text(
    "DELETE FROM cron_runs c USING (SELECT name, due FROM cron_runs o WHERE due <= :cut"
    "  AND EXISTS (SELECT 1 FROM cron_runs n WHERE n.name = o.name AND n.due > o.due)"
    "  LIMIT :limit) AS old WHERE c.name = old.name AND c.due = old.due"
)
# Ids grow with time: the index on (workspace_id, id) finds the oldest. Events and steps go along.
_JOBS: Final = text(
    "DELETE FROM jobs WHERE id IN (SELECT r.id FROM jobs r WHERE r.workspace_id IS NULL"
    "  AND r.id < app.first_id(:cut) AND r.finished_at <= :cut"
    "  AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.workspace_id IS NULL AND j.root_id = r.root_id"
    "   AND (j.finished_at IS NULL OR j.finished_at > :cut))"
    "  ORDER BY r.id LIMIT :limit FOR UPDATE OF r SKIP LOCKED)"
)


class SqlPlatformTrail(PlatformTrail):
    def __init__(self, session: AsyncSession, uow: UnitOfWork) -> None:
        self._session, self._uow = session, uow

    async def remove(self, cut: datetime, limit: int) -> int:
        gone = 0
        for statement in (_OUTBOX, _SLOTS, _JOBS):
            done: Any = await self._session.execute(statement, {"cut": cut, "limit": limit})
            gone += done.rowcount
            await self._uow.commit()
        return gone
