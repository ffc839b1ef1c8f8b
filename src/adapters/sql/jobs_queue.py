"""Enqueue in the caller's transaction; ring the bell once it is committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql import jobs_sql as sql
from application.jobs.kinds import JobKind, JobKinds, encode
from domain.identity.access import Actor
from domain.jobs.job import JobId
from domain.jobs.ports import Bell, JobQueue, RunHints
from domain.jobs.system import SystemActor
from domain.kernel.ports import Ids, UnitOfWork
from domain.usage.ports import Quotas

_ENQUEUE: Final = text(sql.ENQUEUE)
_EXISTING: Final = text(sql.EXISTING)
_AT_ONCE: Final = 1_000  # jobs one statement stores, so that none meets its time limit
_MOST_RINGS: Final = 8  # a ring wakes one worker, and a worker takes as many jobs as it has slots


@dataclass(slots=True)
class SqlJobQueue(JobQueue):
    session: AsyncSession
    uow: UnitOfWork
    kinds: JobKinds
    ids: Ids
    bell: Bell
    hints: RunHints
    quotas: Quotas
    _roots: set[JobId] = field(default_factory=set, init=False)
    _new: list[tuple[str, JobId]] = field(default_factory=list, init=False)

    async def enqueue(
        self,
        actor: Actor | SystemActor,
        command: object,
        *,
        subject: UUID,
        version: int = 1,
        shard: int = 0,
        root_id: JobId | None = None,
        run_at: datetime | None = None,
    ) -> JobId:
        kind = self.kinds.of(command)
        row = _described(actor, kind, subject, version, root_id) | {"run_at": run_at}
        added = await self._insert(actor, kind, {shard: command}, row)
        if added:
            return added[0]
        known = await self.session.execute(_EXISTING, row | {"shard": shard})
        return JobId(known.scalar_one())

    async def enqueue_shards(
        self,
        actor: Actor | SystemActor,
        commands: Mapping[int, object],
        *,
        subject: UUID,
        version: int = 1,
        root_id: JobId | None = None,
    ) -> None:
        if not commands:
            return
        kind = self.kinds.of(next(iter(commands.values())))
        row = _described(actor, kind, subject, version, root_id)
        shards = list(commands)
        for start in range(0, len(shards), _AT_ONCE):
            some = {shard: commands[shard] for shard in shards[start : start + _AT_ONCE]}
            await self._insert(actor, kind, some, row | {"run_at": None})

    async def _insert(
        self,
        actor: Actor | SystemActor,
        kind: JobKind,
        commands: Mapping[int, object],
        row: Mapping[str, Any],
    ) -> list[JobId]:
        context = structlog.contextvars.get_contextvars()
        if row["root_id"] is None and isinstance(actor, Actor):
            # what belongs to an admitted run must not be refused halfway
            await self.quotas.admit_jobs(actor, len(commands))
        answer = await self.session.execute(
            _ENQUEUE,
            {
                **row,
                "ids": [self.ids.new() for _ in commands],
                "shards": list(commands),
                "payloads": [encode(command) for command in commands.values()],
                "queue": kind.queue.value,
                "max_attempts": kind.max_attempts,
                "expires_after": kind.expires_after.total_seconds(),
                "request_id": context.get("request_id"),
                "traceparent": context.get("traceparent"),
            },
        )
        added = [JobId(each.id) for each in answer]
        root: JobId | None = row["root_id"]
        self._roots |= {root or job_id for job_id in added}
        self._ring_later(kind.queue.value, added)
        return added

    def _ring_later(self, queue: str, added: list[JobId]) -> None:
        if added and not self._new:
            self.uow.after_commit(self._ring)
        self._new += [(queue, job_id) for job_id in added]

    async def _ring(self) -> None:
        new, self._new = self._new, []
        self.hints.touched(self._roots)
        self._roots = set()
        rung = dict.fromkeys((queue for queue, _ in new), 0)
        for queue, job_id in new:
            if rung[queue] < _MOST_RINGS:
                rung[queue] += 1
                await self.bell.ring(queue, job_id, 0)


def _described(
    actor: Actor | SystemActor, kind: JobKind, subject: UUID, version: int, root_id: JobId | None
) -> dict[str, Any]:
    return {
        "workspace_id": actor.workspace_id,
        "actor_id": actor.user_id,
        "root_id": root_id,
        "kind": kind.name,
        "subject": subject,
        "version": version,
    }
