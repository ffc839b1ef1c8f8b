"""The job board on PostgreSQL: psycopg and plain SQL, one short statement at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

import msgspec
from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout
from sqlalchemy.exc import DBAPIError

from adapters.sql import jobs_sql as sql
from domain.identity.access import Permission, Role
from domain.jobs.claim import Claim, Pulse, Ready, Settlement
from domain.jobs.engine_ports import JobBoard
from domain.jobs.job import JobId, JobStatus
from domain.jobs.outcome import Expired, GaveUp, LeasesLost, describe

Row = dict[str, Any]
Pool = AsyncConnectionPool[AsyncConnection[Row]]

_GONE: Final = ("57P01", "57P02", "57P03", "25P04")  # shut down, crashed, starting up, too old
_CONNECTION: Final = "08"  # the class of connection failures
_LOST_A_RACE: Final = "40"  # a deadlock's victim, a transaction that cannot be in order
_EXPIRED: Final = msgspec.json.encode(
    describe(Expired("The job did not end in the time it had; start it again."))
).decode()
_GAVE_UP: Final = msgspec.json.encode(
    describe(GaveUp("The job asked for more attempts than it has."))
).decode()
_LOST: Final = msgspec.json.encode(
    describe(LeasesLost("The worker stopped answering; it may have crashed on this job."))
).decode()


def open_pool(url: str, *, size: int, name: str) -> Pool:
    """A pool, still closed, whose connections notice a dead peer and never hang for long."""
    return AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[Row],
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "application_name": name,
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            "options": "-c idle_in_transaction_session_timeout=5000 -c statement_timeout=10000",
        },
        min_size=1,
        max_size=size,
        timeout=5,
        reconnect_timeout=30,
        open=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlJobBoard(JobBoard):
    """`beats` is a connection pool of its own, so that busy handlers never delay a heartbeat."""

    pool: Pool
    beats: Pool
    kinds: Sequence[str]
    lease: float = 30.0  # seconds
    cap: int = 1_000_000  # jobs of one workspace in work at once
    _queues: list[str] = field(default_factory=lambda: ["cpu", "io", "media", "publish"])

    async def claim(self, worker: str, slots: Mapping[str, int]) -> Sequence[Claim]:
        async with self.pool.connection() as connection:
            taken = await _rows(
                connection,
                sql.CLAIM,
                queues=list(slots),
                slots=list(slots.values()),
                kinds=list(self.kinds),
                cap=self.cap,
                worker=worker,
                lease=self.lease,
            )
            if not taken:
                return ()
            ids, fences = [row["id"] for row in taken], [row["fence"] for row in taken]
            return [
                _claim(row) for row in await _rows(connection, sql.CLAIMED, ids=ids, fences=fences)
            ]

    async def beat(self, held: Mapping[JobId, int]) -> Mapping[JobId, Pulse]:
        async with self.beats.connection() as connection:
            rows = await _rows(
                connection,
                sql.BEAT,
                ids=list(held),
                fences=list(held.values()),
                lease=self.lease,
            )
        return {JobId(row["id"]): _pulse(row) for row in rows}

    async def beat_patiently(self, job_id: JobId, fence: int) -> Pulse:
        async with self.beats.connection() as connection:
            rows = await _rows(
                connection, sql.BEAT_PATIENTLY, id=job_id, fence=fence, lease=self.lease
            )
        return _pulse(rows[0]) if rows else Pulse.LOST

    async def settle(self, settlements: Sequence[Settlement]) -> Mapping[JobId, JobStatus]:
        async with self.pool.connection() as connection:
            rows = await _rows(
                connection,
                sql.SETTLE,
                ids=[each.job_id for each in settlements],
                fences=[each.fence for each in settlements],
                statuses=[each.status.value for each in settlements],
                errors=[_json(each.error) for each in settlements],
                charges=[int(each.charge) for each in settlements],
                delays=[each.delay for each in settlements],
                expired=_EXPIRED,
                gave_up=_GAVE_UP,
            )
        return {JobId(row["id"]): JobStatus(row["status"]) for row in rows}

    async def reap(self) -> Sequence[Ready]:
        reaped: list[Ready] = []
        async with self.pool.connection() as connection:
            while rows := await _rows(connection, sql.REAP, lost=_LOST):
                reaped += [_ready(row) for row in rows if row["status"] == JobStatus.QUEUED]
            while await _rows(connection, sql.EXPIRE, expired=_EXPIRED):
                pass
        return reaped

    async def overdue(self) -> Sequence[Ready]:
        async with self.pool.connection() as connection:
            return [
                _ready(row) for row in await _rows(connection, sql.OVERDUE, queues=self._queues)
            ]

    async def hasten(self) -> int:
        async with self.pool.connection() as connection:
            return (await connection.execute(sql.HASTEN)).rowcount

    def is_outage(self, error: BaseException) -> bool:
        if isinstance(error, DBAPIError):
            return error.connection_invalidated or is_outage(error.orig)
        return is_outage(error)


def is_outage(error: BaseException | None) -> bool:
    """Whether the database went away; a statement it refused is no outage."""
    if isinstance(error, (PoolTimeout, PoolClosed)):
        return True
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    state = error.sqlstate
    return state is None or state in _GONE or state.startswith((_CONNECTION, _LOST_A_RACE))


async def _rows(
    connection: AsyncConnection[Row], statement: LiteralString, **parameters: object
) -> list[Row]:
    return await (await connection.execute(statement, parameters)).fetchall()


def _claim(row: Row) -> Claim:
    role, known = row.pop("role"), {permission.value for permission in Permission}
    granted = row.pop("permissions") or ()
    return Claim(
        **row,
        role=None if role is None else Role(role),
        permissions=frozenset(Permission(word) for word in granted if word in known),
    )


def _pulse(row: Row) -> Pulse:
    return Pulse.UNWANTED if row["unwanted"] else Pulse.HELD


def _ready(row: Row) -> Ready:
    return Ready(id=JobId(row["id"]), queue=row["queue"], fence=row["fence"])


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
