"""The job a handler runs in: progress, steps, external effects, and the proof of the lease."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.sql import jobs_sql as sql
from adapters.sql.session import Principal, bind, new_session
from application.jobs.lease import Lease
from domain.jobs.outcome import LostLease, Refused, Retry, UnknownOutcome
from domain.jobs.ports import JobRun, RunHints
from domain.kernel.ports import UnitOfWork

_GUARD: Final = text(sql.GUARD)
_PROGRESS: Final = text(sql.PROGRESS)
_STEP_RESULT: Final = text("SELECT result FROM job_steps WHERE job_id = :id AND step = :step")
_STEP_DONE: Final = text(
    "INSERT INTO job_steps (job_id, step, state, effect_key, fence, result)"
    " VALUES (:id, :step, 'done', :key, :fence, CAST(:result AS jsonb))"
)
_INTENT: Final = text(
    "INSERT INTO job_steps (job_id, step, state, effect_key, fence)"
    " VALUES (:id, :step, 'intent', :key, :fence)"
    " ON CONFLICT (job_id, step) DO UPDATE SET fence = excluded.fence"
    " RETURNING state, result, xmax = 0 AS fresh,"
    " extract(epoch FROM clock_timestamp() - at)::float AS age"
)
_RENEW: Final = text(
    "UPDATE job_steps SET at = clock_timestamp() WHERE job_id = :id AND step = :step"
)
_WITHDRAW: Final = text("DELETE FROM job_steps WHERE job_id = :id AND step = :step")
_INTENT_DONE: Final = text(
    "UPDATE job_steps SET state = 'done', result = CAST(:result AS jsonb)"
    " WHERE job_id = :id AND step = :step"
)


def proof(lease: Lease) -> Callable[[Connection], None]:
    """Runs first in every transaction of a handler. Raises LostLease.

    If it passes, the lease holds, and nobody can take it away until the transaction ends.
    """

    def prove(connection: Connection) -> None:
        lease.require()
        keys = {"id": lease.claim.id, "fence": lease.claim.fence}
        if connection.execute(_GUARD, keys).first() is None:
            raise LostLease

    return prove


def principal(lease: Lease) -> Principal:
    """Row-level security shows a handler what its job's actor and workspace may see."""
    return Principal(lease.claim.actor_id, lease.claim.workspace_id)


@dataclass(slots=True)
class SqlJobRun(JobRun):
    lease: Lease
    session: AsyncSession
    uow: UnitOfWork
    engine: AsyncEngine
    hints: RunHints

    def __post_init__(self) -> None:
        claim = self.lease.claim
        self.id, self.root_id = claim.id, claim.root_id
        self.attempt, self.fence = claim.attempt, claim.fence

    async def progress(self, percent: int, note: Mapping[str, Any] | None = None) -> None:
        change = {"percent": percent, "note": _json(note), **self._keys}
        if self.session.in_transaction():
            await self.session.execute(_PROGRESS, change)
            self.uow.after_commit(self._tell)
            return
        self.lease.require()
        async with new_session(self.engine) as session:
            bind(session, principal(self.lease))
            await session.execute(_PROGRESS, change)
            await session.commit()
        await self._tell()

    async def step(self, name: str, effect: Callable[[], Awaitable[Any]]) -> Any:
        keys = self._step(name)
        done = (await self.session.execute(_STEP_RESULT, keys)).first()
        if done is not None:
            await self.uow.commit()
            return done.result
        result = await effect()
        await self.session.execute(_STEP_DONE, keys | {"result": _json(result)})
        await self.uow.commit()
        return result

    async def external(
        self,
        name: str,
        call: Callable[[str], Awaitable[Any]],
        find: Callable[[str], Awaitable[Any]] | None,
        settle: float = 120.0,
    ) -> Any:
        keys = self._step(name)
        intent = (await self.session.execute(_INTENT, keys)).one()
        await self.uow.commit()
        if intent.state == "done":
            return intent.result
        known = None
        if not intent.fresh:
            known = await _found(name, keys["key"], find, settle - intent.age)
        result = await self._call(keys, call) if known is None else known
        await self.session.execute(_INTENT_DONE, keys | {"result": _json(result)})
        await self.uow.commit()
        return result

    async def _call(self, keys: dict[str, Any], call: Callable[[str], Awaitable[Any]]) -> Any:
        """The last proof of ownership before the wire; it restarts the settle clock."""
        await self.session.execute(_RENEW, keys)
        await self.uow.commit()
        self.lease.require()  # frozen since that proof? then the wire is no longer ours
        try:
            return await call(keys["key"])
        except Refused as refusal:
            await self.session.execute(_WITHDRAW, keys)
            await self.uow.commit()
            raise refusal.because from refusal

    async def _tell(self) -> None:
        self.hints.touched([self.root_id])

    @property
    def _keys(self) -> dict[str, Any]:
        return {"id": self.lease.claim.id, "fence": self.lease.claim.fence}

    def _step(self, name: str) -> dict[str, Any]:
        return self._keys | {"step": name, "key": f"{self.id}:{name}"}


async def _found(
    name: str, key: str, find: Callable[[str], Awaitable[Any]] | None, wait: float
) -> Any:
    """What an earlier attempt did, once its requests must have landed; None: surely nothing."""
    if find is None:
        raise UnknownOutcome(
            f"Nobody can tell whether “{name}” happened; look there, then start it again.",
            step=name,
        )
    if wait > 0:
        raise Retry(wait, charge=False)
    return await find(key)


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
