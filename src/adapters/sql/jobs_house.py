"""The engine's housekeeping on PostgreSQL: who works, which slots ran, what waits to leave."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.sql.jobs_board import Pool
from adapters.sql.session import NOBODY, bind, new_session
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.jobs.claim import Message
from domain.jobs.engine_ports import CronLedger, Outbox, Roster
from domain.jobs.job import JobId
from domain.jobs.ports import JobQueue
from domain.jobs.system import SystemActor
from domain.kernel.ports import UnitOfWork

_REPORT: Final = """
INSERT INTO job_workers (name, slots, running) VALUES (%(worker)s, %(slots)s, %(running)s)
ON CONFLICT (name) DO UPDATE SET slots = excluded.slots, running = excluded.running, seen_at = now()
"""
_FORGET: Final = "DELETE FROM job_workers WHERE seen_at < now() - interval '10 minutes'"
_LEAVE: Final = "DELETE FROM job_workers WHERE name = %s"

_TAKE: Final = """
WITH due AS MATERIALIZED (SELECT id FROM outbox WHERE sent_at IS NULL AND next_at <= now()
  ORDER BY next_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE outbox o SET attempt = attempt + 1, next_at = now() + interval '60 seconds'
FROM due WHERE o.id = due.id RETURNING o.id AS row, o.msg_id AS id, o.workspace_id, o.topic,
  o.payload, o.attempt
"""
_SENT: Final = "UPDATE outbox SET sent_at = now() WHERE id = ANY (%s)"
_POSTPONE: Final = (
    "UPDATE outbox SET next_at = now() + %s * interval '1 second'"
    " WHERE id = ANY (%s) AND sent_at IS NULL"
)

_SLOT: Final = text(
    "INSERT INTO cron_runs (name, due) VALUES (:name, :due) ON CONFLICT DO NOTHING RETURNING name"
)
_SLOT_JOB: Final = text("UPDATE cron_runs SET job_id = :job WHERE name = :name AND due = :due")
_NOW: Final = text("SELECT now()")
_LAST: Final = text("SELECT max(due) FROM cron_runs WHERE name = :name")


@dataclass(frozen=True, slots=True)
class SqlRoster(Roster):
    pool: Pool

    async def report(self, worker: str, slots: Mapping[str, int], running: int) -> None:
        async with self.pool.connection() as connection:
            values = {"worker": worker, "slots": json.dumps(dict(slots)), "running": running}
            await connection.execute(_REPORT, values)
            await connection.execute(_FORGET)

    async def leave(self, worker: str) -> None:
        async with self.pool.connection() as connection:
            await connection.execute(_LEAVE, [worker])


@dataclass(frozen=True, slots=True)
class SqlOutbox(Outbox):
    pool: Pool

    async def take(self, limit: int) -> Sequence[Message]:
        async with self.pool.connection() as connection:
            taken = await connection.execute(_TAKE, [limit])
            return [Message(**row) for row in await taken.fetchall()]

    async def sent(self, rows: Iterable[int]) -> None:
        async with self.pool.connection() as connection:
            await connection.execute(_SENT, [list(rows)])

    async def postpone(self, rows: Iterable[int], delay: float) -> None:
        async with self.pool.connection() as connection:
            await connection.execute(_POSTPONE, [delay, list(rows)])


@dataclass(frozen=True, slots=True)
class SqlCronLedger(CronLedger):
    """The primary key (name, due) decides who runs a slot, in the transaction that enqueues it."""

    engine: AsyncEngine
    queue: Callable[[AsyncSession, UnitOfWork], JobQueue]

    async def now(self) -> datetime:
        async with self._session() as session:
            moment: datetime = (await session.execute(_NOW)).scalar_one()
            return moment.astimezone(UTC)

    async def last(self, name: str) -> datetime | None:
        async with self._session() as session:
            moment: datetime | None = (await session.execute(_LAST, {"name": name})).scalar_one()
            return moment and moment.astimezone(UTC)

    async def run(self, name: str, due: datetime, command: object, subject: UUID) -> JobId | None:
        slot = {"name": name, "due": due}
        async with self._session() as session:
            if (await session.execute(_SLOT, slot)).first() is None:
                return None
            uow = SqlUnitOfWork(session)
            job_id = await self.queue(session, uow).enqueue(
                SystemActor(), command, subject=subject, version=int(due.timestamp())
            )
            await session.execute(_SLOT_JOB, slot | {"job": job_id})
            await uow.commit()
            return job_id

    async def skip(self, name: str, due: datetime) -> None:
        async with self._session() as session:
            await session.execute(_SLOT, {"name": name, "due": due})
            await session.commit()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        async with new_session(self.engine) as session:
            bind(session, NOBODY)
            yield session
