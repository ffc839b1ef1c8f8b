"""The engine that runs jobs: the same parts in a worker process and in the in-process harness."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from dishka import AsyncContainer
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.sql.jobs_board import Pool, SqlJobBoard, open_pool
from adapters.sql.jobs_house import SqlCronLedger, SqlOutbox, SqlRoster
from adapters.sql.jobs_queue import SqlJobQueue
from adapters.sql.usage import SqlQuotas
from application.jobs.attempt import Attempts
from application.jobs.cron import Cron
from application.jobs.drain import Drain
from application.jobs.heart import Heart
from application.jobs.keeper import Keeper
from application.jobs.kinds import JobKinds
from application.jobs.relay import Relay
from application.jobs.runner import POLL, Runner
from application.jobs.settling import Settler
from domain.jobs.claim import Message
from domain.jobs.engine_ports import JobMeter, Roster
from domain.jobs.job import JobId, Queue
from domain.jobs.ports import Bell, JobQueue, RunHints
from domain.jobs.schedule import Timetable
from domain.kernel.ports import Clock, Ids, UnitOfWork
from domain.usage.quota import Catalogue
from entrypoints.wiring.jobs import handler_scope

EVERY_QUEUE: Final = {queue.value: 4 for queue in Queue}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """`slots`: jobs of each queue at once; `cap`: jobs of one workspace. Times in seconds."""

    worker: str
    slots: Mapping[str, int]
    lease: float = 30.0
    poll: float = POLL
    grace: float = 10.0  # for jobs to end once the worker is told to stop
    cap: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    board: SqlJobBoard
    heart: Heart
    runner: Runner
    keeper: Keeper
    roster: Roster
    pool: Pool


@asynccontextmanager
async def job_engine(
    container: AsyncContainer, database_url: str, options: EngineOptions
) -> AsyncIterator[Engine]:
    """Its parts, connected; nothing runs yet. `database_url` is for the role atelier_worker."""
    async with (
        open_pool(database_url, size=4, name="atelier-jobs") as pool,
        open_pool(database_url, size=1, name="atelier-heart") as beats,
    ):
        kinds = await container.get(JobKinds)
        board = SqlJobBoard(
            pool=pool, beats=beats, kinds=kinds.names, lease=options.lease, cap=options.cap
        )
        runner = await _runner(container, board, options)
        roster = SqlRoster(pool)
        keeper = Keeper(
            board=board,
            roster=roster,
            cron=await _cron(container),
            relay=await _relay(container, pool),
            runner=runner,
            bell=await container.get(Bell),
            lease=options.lease,
            jitter=random.random,
        )
        yield Engine(
            board=board,
            heart=runner.heart,
            runner=runner,
            keeper=keeper,
            roster=roster,
            pool=pool,
        )


async def drain(container: AsyncContainer, database_url: str) -> int:
    """Run every job there is, and what those enqueue, until none is left that could run.

    Waiting times between attempts are skipped. Answers how many attempts were made.
    """
    options = EngineOptions(worker="drain", slots=EVERY_QUEUE)
    async with job_engine(container, database_url, options) as engine:
        return await Drain(engine.runner, engine.board)()


async def _runner(container: AsyncContainer, board: SqlJobBoard, options: EngineOptions) -> Runner:
    heart = Heart(board, options.lease)
    attempts = Attempts(
        kinds=await container.get(JobKinds),
        scope=handler_scope(container),
        board=board,
        heart=heart,
        settler=Settler(board),
        meter=await container.get(JobMeter),
        hints=await container.get(RunHints),
        jitter=random.random,
    )
    return Runner(
        worker=options.worker,
        slots=options.slots,
        board=board,
        attempts=attempts,
        heart=heart,
        jitter=random.random,
        poll=options.poll,
    )


async def _cron(container: AsyncContainer) -> Cron:
    """Cron runs in no request, so its queue is made by hand around its own session."""
    kinds, ids = await container.get(JobKinds), await container.get(Ids)
    bell, hints = await container.get(Bell), await container.get(RunHints)
    clock, catalogue = await container.get(Clock), await container.get(Catalogue)

    def queue(session: AsyncSession, uow: UnitOfWork) -> JobQueue:
        quotas = SqlQuotas(session, catalogue, clock)
        return SqlJobQueue(session, uow, kinds, ids, bell, hints, quotas)

    ledger = SqlCronLedger(await container.get(AsyncEngine), queue)
    return Cron((await container.get(Timetable)).entries, ledger)


async def _relay(container: AsyncContainer, pool: Pool) -> Relay:
    hints = await container.get(RunHints)

    async def tell_watchers(messages: Sequence[Message]) -> None:
        """The end of a job, in case its worker died before it could say so."""
        hints.touched({JobId(UUID(message.payload["root_id"])) for message in messages})

    return Relay(SqlOutbox(pool), {"job": tell_watchers}, random.random)
