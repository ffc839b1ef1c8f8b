"""Workers of the job engine that freeze at a named point, as by SIGSTOP: signals, never sleeps.

Two workers share a process; whose turn it is says a context variable, so the hooks below stop only
the one who is to be frozen. A point is `before X` or `after X` for a statement of the engine,
`X committed`, or a name that the job itself calls out with `pause`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final, LiteralString
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from adapters.sql import jobs_board
from adapters.sql import jobs_sql as sql
from adapters.sql.unit_of_work import SqlUnitOfWork
from api import settings_for
from domain.jobs.outcome import Refused, Retry
from entrypoints.wiring.container import build_container
from entrypoints.wiring.job_engine import Engine
from workshop import Props, Stage, Workshop

PATIENCE: Final = 10.0
_BOARD: Final = {"CLAIM": "claim", "CLAIMED": "reading the claim", "SETTLE": "settling"}
_AGE: Final = "UPDATE job_steps SET at = at - interval '3 minutes' WHERE job_id = %s"
_HANDLER: Final = {  # by what only that statement says
    "FOR NO KEY UPDATE": "guard",
    "INSERT INTO ledger": "effect",
    "'intent'": "intent",
    "SET at = clock_timestamp()": "renewal",
    "DELETE FROM job_steps": "withdrawal",
    "SET state = 'done'": "call mark",
    "'done', ": "step mark",
    "SET progress": "progress",
}


@dataclass(eq=False)
class Freezer:
    """Stops its worker once, when it first comes to `point`."""

    point: str
    frozen: asyncio.Event = field(default_factory=asyncio.Event)
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    last: str = ""

    async def at(self, point: str) -> None:
        if point == self.point and not self.frozen.is_set():
            self.frozen.set()
            await self.thawed.wait()


_worker: ContextVar[Freezer | None] = ContextVar("worker", default=None)


async def pause(point: str) -> None:
    """Called at a point that a worker may be frozen at."""
    if (freezer := _worker.get()) is not None:
        await freezer.at(point)


def _named(statement: str) -> str:
    return next((name for clue, name in _HANDLER.items() if clue in statement), "")


@contextmanager
def hooks(engine: AsyncEngine) -> Iterator[None]:
    """Make the engine's statements points to freeze at."""
    rows, commit = jobs_board._rows, SqlUnitOfWork.commit

    async def slow_rows(connection: Any, statement: LiteralString, **values: object) -> Any:
        name = next((_BOARD[each] for each in _BOARD if getattr(sql, each) == statement), "")
        await pause(f"before {name}")
        found = await rows(connection, statement, **values)
        await pause(f"after {name}")
        return found

    async def slow_commit(uow: SqlUnitOfWork) -> None:
        await commit(uow)
        if (freezer := _worker.get()) is not None:
            await freezer.at(f"{freezer.last} committed")

    def before(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if (freezer := _worker.get()) is not None and (name := _named(statement)):
            freezer.last = freezer.last if name == "guard" else name
            await_only(freezer.at(f"before {name}"))

    def after(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if (freezer := _worker.get()) is not None and (name := _named(statement)):
            await_only(freezer.at(f"after {name}"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs_board, "_rows", slow_rows)
        patch.setattr(SqlUnitOfWork, "commit", slow_commit)
        event.listen(engine.sync_engine, "before_cursor_execute", before)
        event.listen(engine.sync_engine, "after_cursor_execute", after)
        yield
        event.remove(engine.sync_engine, "before_cursor_execute", before)
        event.remove(engine.sync_engine, "after_cursor_execute", after)


@dataclass
class Wire:
    """The other side: what it did, and a request that is still under way."""

    posts: list[str] = field(default_factory=list)
    under_way: list[str] = field(default_factory=list)

    async def call(self, key: str) -> int:
        freezer = _worker.get()
        if freezer is not None and "withdrawal" in freezer.point:
            raise Refused(Retry(0.0, charge=False))
        if freezer is not None and freezer.point == "request under way":
            self.under_way.append(key)
            await pause("request under way")
        else:
            self.posts.append(key)
        await pause("answer under way")
        return len(self.posts)

    async def find(self, key: str) -> int | None:
        return self.posts.index(key) + 1 if key in self.posts else None

    def land(self) -> None:
        """Requests take their time, but less than `settle`."""
        self.posts += self.under_way
        self.under_way.clear()

    async def job(self, stage: Stage) -> None:
        """What both workers run: a step, a call, a step."""

        async def first() -> None:
            await stage.write("first")

        async def last() -> None:
            await stage.write("last")

        await pause("first line")
        await stage.run.step("first", first)
        await pause("between step and call")
        await stage.run.progress(50)
        await stage.run.external("post", self.call, self.find)
        await stage.run.step("last", last)
        await pause("last line")


@dataclass
class Duel:
    """Worker A freezes and loses its lease; B takes over; what A does then must not matter."""

    a: Workshop
    b: Workshop
    job: UUID
    wire: Wire
    freezer: Freezer
    engine: Engine
    task: "asyncio.Task[None] | None" = None

    async def freeze(self) -> None:
        """A works until it comes to the point."""

        async def work() -> None:
            _worker.set(self.freezer)
            await self.engine.runner.start_due()
            await self.engine.runner.wait()

        self.task = asyncio.create_task(work())
        async with asyncio.timeout(PATIENCE):
            await self.freezer.frozen.wait()

    async def cut(self) -> None:
        """A's connections break, and PostgreSQL has noticed."""
        mine = "FROM pg_stat_activity WHERE usename = 'atelier_worker'"
        mine += " AND datname = current_database()"
        self.a.ask(f"SELECT count(pg_terminate_backend(pid)) {mine}")
        async with asyncio.timeout(PATIENCE):
            while self.a.ask(f"SELECT count(*) {mine}"):  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.005)

    def expire(self) -> None:
        """The lease runs out, unless A holds the row: then nobody could take it anyway."""
        self.a.do(
            "WITH free AS (SELECT id FROM jobs WHERE id = %s AND lease_until IS NOT NULL"
            " FOR UPDATE SKIP LOCKED) UPDATE jobs j SET lease_until = now() - interval '1 s'"
            " FROM free WHERE j.id = free.id",
            self.job,
        )

    async def take_over(self) -> None:
        """B does what it can; a call of which nobody knows is asked about once it has settled."""
        async with self.b.engine(worker="b") as engine:
            for _ in range(4):
                await engine.board.reap()
                await engine.board.hasten()
                await engine.runner.start_due()
                await engine.runner.wait()
                self.wire.land()
                if self.status() != "queued":
                    return
                self.a.do(
                    "UPDATE job_steps SET at = at - interval '3 minutes' WHERE job_id = %s",
                    self.job,
                )

    async def thaw(self, *, aware: bool) -> None:
        """`aware`: A's own clock tells it that its time is over; else only the fence does."""
        if aware:
            for lease, _ in self.engine.heart._held.values():
                lease.deadline = 0.0
        self.freezer.thawed.set()
        await self.stopped()

    async def stopped(self) -> None:
        """A has nothing at work any more."""
        assert self.task is not None
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({self.task})
        self.task.exception()

    def status(self) -> str:
        return str(self.a.job(self.job)["status"])

    def effects(self) -> dict[str, int]:
        """How often everything happened."""
        counts = "SELECT count(*) FROM ledger WHERE job_id = %s AND step = %s"
        steps = {step: self.a.ask(counts, self.job, step) for step in ("first", "last")}
        ends = "SELECT count(*) FROM outbox WHERE payload->>'job_id' = %s"
        return {
            **steps,
            "post": len(self.wire.posts),
            "end": self.a.ask(ends, str(self.job)),
        }


ONCE: Final = {"first": 1, "last": 1, "post": 1, "end": 1}


@asynccontextmanager
async def second(workshop: Workshop, url: str, redis_url: str) -> AsyncIterator[Workshop]:
    """A second worker's wiring, with the same jobs to run."""
    props = Props(workshop.bell, workshop.parts)
    container = build_container(settings_for(url, redis_url), props)
    try:
        yield replace(workshop, container=container)
    finally:
        await container.close()


@asynccontextmanager
async def duel(a: Workshop, b: Workshop, actor: Any, point: str) -> AsyncIterator[Duel]:
    """A fresh job and A at work on it, frozen at `point`."""
    wire = Wire()
    job = await a.enqueue(actor, a.part(wire.job))
    async with a.engine(worker="a") as engine:
        with hooks(await a.container.get(AsyncEngine)):
            fight = Duel(a, b, job, wire, Freezer(point), engine)
            try:
                await fight.freeze()
                yield fight
            finally:
                await fight.thaw(aware=True)
                for each in (a, b):  # whose connections may be broken
                    await (await each.container.get(AsyncEngine)).dispose()
                a.do("DELETE FROM jobs WHERE id = %s", job)
