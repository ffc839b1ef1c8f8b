"""The engine that runs jobs: the same parts in a worker process and in the in-process harness."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from dishka import AsyncContainer

from adapters.sql.jobs_board import Pool, SqlJobBoard, open_pool
from application.jobs.attempt import Attempts
from application.jobs.drain import Drain
from application.jobs.heart import Heart
from application.jobs.kinds import JobKinds
from application.jobs.runner import POLL, Runner
from application.jobs.settling import Settler
from domain.jobs.engine_ports import JobMeter
from domain.jobs.job import Queue
from entrypoints.wiring.jobs import handler_scope

EVERY_QUEUE: Final = {queue.value: 4 for queue in Queue}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """`slots`: jobs of each queue at once. `lease` in seconds; `cap`: of one workspace at once."""

    worker: str
    slots: Mapping[str, int]
    lease: float = 30.0
    poll: float = POLL
    cap: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    board: SqlJobBoard
    heart: Heart
    runner: Runner
    pool: Pool


@asynccontextmanager
async def job_engine(
    container: AsyncContainer, database_url: str, options: EngineOptions
) -> AsyncIterator[Engine]:
    """Its parts, connected; nothing runs yet. `database_url` is for the role atelier_worker."""
    kinds = await container.get(JobKinds)
    async with (
        open_pool(database_url, size=4, name="atelier-jobs") as pool,
        open_pool(database_url, size=1, name="atelier-heart") as beats,
    ):
        board = SqlJobBoard(
            pool=pool, beats=beats, kinds=kinds.names, lease=options.lease, cap=options.cap
        )
        heart = Heart(board, options.lease)
        attempts = Attempts(
            kinds=kinds,
            scope=handler_scope(container),
            board=board,
            heart=heart,
            settler=Settler(board),
            meter=await container.get(JobMeter),
            jitter=random.random,
        )
        runner = Runner(
            worker=options.worker,
            slots=options.slots,
            board=board,
            attempts=attempts,
            heart=heart,
            jitter=random.random,
            poll=options.poll,
        )
        yield Engine(board=board, heart=heart, runner=runner, pool=pool)


async def drain(container: AsyncContainer, database_url: str) -> int:
    """Run every job there is, and what those enqueue, until none is left that could run.

    Waiting times between attempts are skipped. Answers how many attempts were made.
    """
    options = EngineOptions(worker="drain", slots=EVERY_QUEUE)
    async with job_engine(container, database_url, options) as engine:
        return await Drain(engine.runner, engine.board)()
