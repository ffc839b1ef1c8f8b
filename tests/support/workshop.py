"""The job engine on a test database, with jobs that do whatever a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from dishka import AsyncContainer, Provider, Scope, provide
from psycopg.rows import dict_row
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.session import Principal, bind
from adapters.system.clock import Uuid7
from api import settings_for
from application.jobs.drain import Drain
from application.jobs.kinds import JobKind, JobKinds
from domain.identity.access import Actor
from domain.jobs.job import JobId, Queue
from domain.jobs.ports import Bell, JobQueue, JobRun
from domain.jobs.system import SystemActor
from domain.kernel.ports import UnitOfWork
from entrypoints.telemetry import start_logging
from entrypoints.wiring.container import build_container
from entrypoints.wiring.job_engine import EVERY_QUEUE, Engine, EngineOptions, job_engine

NEW = Uuid7().new


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Run the part of that name."""

    part: str = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Film(Play):
    """The same on the queue `media`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurry(Play):
    """The same with a time-out of 50 ms and a single attempt."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a part may use."""

    actor: Actor | SystemActor
    run: JobRun
    session: AsyncSession
    uow: UnitOfWork
    jobs: JobQueue

    async def write(self, step: str) -> None:
        """An effect in the database, uncommitted."""
        await self.session.execute(
            text("INSERT INTO ledger (job_id, step, fence) VALUES (:job, :step, :fence)"),
            {"job": self.run.id, "step": step, "fence": self.run.fence},
        )


Part = Callable[[Stage], Awaitable[None]]


async def _nothing(stage: Stage) -> None:
    """The part that every workshop knows."""


@dataclass(frozen=True, slots=True)
class Parts:
    by_name: dict[str, Part] = field(default_factory=lambda: {"nothing": _nothing})


@dataclass(frozen=True, slots=True)
class PlayHandler:
    parts: Parts
    run: JobRun
    session: AsyncSession
    uow: UnitOfWork
    jobs: JobQueue

    async def __call__(self, actor: Actor | SystemActor, command: Play) -> None:
        stage = Stage(actor, self.run, self.session, self.uow, self.jobs)
        await self.parts.by_name[command.part](stage)


KINDS = JobKinds(
    [
        JobKind(name="test.play", command=Play, handler=PlayHandler, queue=Queue.IO),
        JobKind(name="test.film", command=Film, handler=PlayHandler, queue=Queue.MEDIA),
        JobKind(
            name="test.hurry",
            command=Hurry,
            handler=PlayHandler,
            queue=Queue.IO,
            timeout=timedelta(milliseconds=50),
            max_attempts=1,
        ),
    ]
)


class RecordingBell(Bell):
    def __init__(self) -> None:
        self.rung: list[tuple[str, JobId, int]] = []

    async def ring(self, queue: str, job_id: JobId, fence: int) -> None:
        self.rung.append((queue, job_id, fence))


class Props(Provider):
    scope = Scope.APP

    def __init__(self, bell: Bell, parts: Parts) -> None:
        super().__init__()
        self._bell, self._parts = bell, parts

    handler = provide(PlayHandler, scope=Scope.REQUEST)

    @provide(override=True)
    def kinds(self) -> JobKinds:
        return KINDS

    @provide(override=True)
    def bell(self) -> Bell:
        return self._bell

    @provide
    def parts(self) -> Parts:
        return self._parts


@dataclass(frozen=True, slots=True)
class Workshop:
    """`url(role)` reaches the database; `admin` bypasses every policy."""

    url: Callable[[str], str]
    container: AsyncContainer
    parts: Parts
    bell: RecordingBell

    def part(self, function: Part) -> Play:
        """Register what a job does; answers the command for it."""
        name = f"{function.__qualname__}-{NEW()}"
        self.parts.by_name[name] = function
        return Play(part=name)

    async def enqueue(
        self, actor: Actor | SystemActor, command: object | None = None, **more: Any
    ) -> JobId:
        async with self.container() as scope:
            bind(await scope.get(AsyncSession), Principal(actor.user_id, actor.workspace_id))
            queue, uow = await scope.get(JobQueue), await scope.get(UnitOfWork)
            more.setdefault("subject", NEW())
            job_id = await queue.enqueue(actor, command or Play(), **more)
            await uow.commit()
            return job_id

    async def enqueue_many(self, actor: Actor, count: int) -> None:
        """So many jobs in one statement."""
        async with self.container() as scope:
            bind(await scope.get(AsyncSession), Principal(actor.user_id, actor.workspace_id))
            queue, uow = await scope.get(JobQueue), await scope.get(UnitOfWork)
            await queue.enqueue_shards(actor, dict.fromkeys(range(count), Play()), subject=NEW())
            await uow.commit()

    @asynccontextmanager
    async def engine(self, **options: Any) -> AsyncIterator[Engine]:
        known: dict[str, Any] = {"worker": "w", "slots": EVERY_QUEUE} | options
        url = self.url("atelier_worker")
        async with job_engine(self.container, url, EngineOptions(**known)) as engine:
            yield engine

    @asynccontextmanager
    async def working(self, **options: Any) -> AsyncIterator[Engine]:
        """A worker at work in this process, as in a process of its own."""
        async with self.engine(**options) as engine:
            beating = asyncio.create_task(engine.heart.run())
            running = asyncio.create_task(engine.runner.run())
            try:
                yield engine
            finally:
                await engine.runner.stop(0.0)
                await running
                beating.cancel()
                await asyncio.wait({beating})

    async def drain(self, **options: Any) -> int:
        async with self.engine(**options) as engine:
            return await Drain(engine.runner, engine.board)()

    def ask(self, query: str, *values: object) -> Any:
        """One value, past every policy."""
        with psycopg.connect(self.url("postgres")) as admin:
            row = admin.execute(query, values).fetchone()  # type: ignore[call-overload]
            return None if row is None else row[0]

    def do(self, statement: str, *values: object) -> int:
        """One statement, past every policy; answers how many rows it touched."""
        with psycopg.connect(self.url("postgres")) as admin:
            return admin.execute(statement, values).rowcount  # type: ignore[call-overload,no-any-return]

    def job(self, job_id: UUID) -> dict[str, Any]:
        with psycopg.connect(self.url("postgres"), row_factory=dict_row) as admin:
            row = admin.execute("SELECT * FROM jobs WHERE id = %s", (job_id,)).fetchone()
            assert row is not None
            return row

    def events(self, job_id: UUID) -> list[str]:
        with psycopg.connect(self.url("postgres")) as admin:
            rows = admin.execute(
                "SELECT seq, type FROM job_events WHERE job_id = %s ORDER BY seq", (job_id,)
            ).fetchall()
        assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
        return [word for _, word in rows]


@asynccontextmanager
async def workshop_on(url: Callable[[str], str], redis_url: str) -> AsyncIterator[Workshop]:
    with psycopg.connect(url("postgres")) as admin:
        admin.execute(
            "CREATE TABLE IF NOT EXISTS ledger (job_id uuid, step text, fence bigint);"
            " GRANT SELECT, INSERT ON ledger TO atelier_worker"
        )
    bell, parts = RecordingBell(), Parts()
    settings = settings_for(url("atelier_worker"), redis_url)
    start_logging(settings)  # structlog's own way to show an exception takes seconds
    container = build_container(settings, Props(bell, parts))
    try:
        yield Workshop(url, container, parts, bell)
    finally:
        await container.close()
