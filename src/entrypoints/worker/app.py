"""A worker process: claims jobs, runs them, keeps house, and leaves without losing anything."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import structlog
from dishka import AsyncContainer
from redis.asyncio import Redis

from adapters.redis.hints import CANCELS, listen
from application.jobs.heart import Heart
from domain.jobs.job import Queue
from entrypoints.settings import Settings
from entrypoints.variables import BadSetting
from entrypoints.wiring.container import build_container
from entrypoints.wiring.job_engine import Engine, EngineOptions, job_engine
from entrypoints.worker.doorbell import hear_rings
from entrypoints.worker.status import alive, status_port, touch_when

GRACE: Final = 10.0  # seconds that jobs get to end after SIGTERM

log = structlog.get_logger()


async def work(settings: Settings, ready: Path | None = None) -> None:
    """Until SIGTERM or SIGINT; what it holds then is handed back, uncharged.

    `ready` is touched once the database has heard of this worker.
    """
    # its own role, and through it its own policies, for whatever uses the database here
    container = build_container(replace(settings, database_url=settings.worker_database_url))
    try:
        await work_in(container, settings, options_of(settings), ready)
    finally:
        await container.close()


async def work_in(
    container: AsyncContainer,
    settings: Settings,
    options: EngineOptions,
    ready: Path | None = None,
) -> None:
    async with job_engine(container, settings.worker_database_url, options) as engine:
        is_alive = alive(lambda: engine.keeper.reported_at, 3 * options.lease)
        port, token = settings.worker_metrics_port, settings.metrics_token
        with _told_to_stop() as stop:
            async with (
                status_port(settings.host, port, token, is_alive),
                _helpers(container, settings, engine, touch_when(ready, is_alive)),
            ):
                log.info("worker started", worker=options.worker, slots=dict(options.slots))
                running = asyncio.create_task(engine.runner.run())
                await stop.wait()
                await engine.runner.stop(options.grace)
                await running
            with suppress(Exception):
                await engine.roster.leave(options.worker)
    log.info("worker stopped", worker=options.worker)


def options_of(settings: Settings) -> EngineOptions:
    return EngineOptions(
        worker=f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}",
        slots=slots_of(settings),
        cap=settings.workspace_jobs_at_once,
        grace=GRACE,
    )


def slots_of(settings: Settings) -> Mapping[str, int]:
    """`cpu` or `cpu:2`: a queue, and how many of its jobs at once."""
    slots: dict[str, int] = {}
    for word in settings.worker_queues:
        queue, _, number = word.partition(":")
        if queue not in set(Queue) or not (number or "1").isdecimal():
            raise BadSetting(
                f"ATELIER_WORKER_QUEUES: {word} is no queue; there are {', '.join(Queue)}."
            )
        slots[queue] = int(number or settings.worker_slots)
    return slots


@asynccontextmanager
async def _helpers(
    container: AsyncContainer,
    settings: Settings,
    engine: Engine,
    telling: Coroutine[None, None, None],
) -> AsyncIterator[None]:
    """Everything that runs beside the claims; each survives outages on its own."""
    redis = await container.get(Redis)
    tasks = [
        asyncio.create_task(telling),
        asyncio.create_task(engine.heart.run()),
        asyncio.create_task(engine.keeper.run()),
        asyncio.create_task(_hear_cancels(redis, engine.heart)),
        asyncio.create_task(
            hear_rings(settings.redis_url, engine.runner.slots, engine.runner.ring)
        ),
    ]
    for task in tasks:
        task.add_done_callback(_worry)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _hear_cancels(redis: Any, heart: Heart) -> None:
    async for _ in listen(redis, CANCELS):
        heart.beat_soon()


def _worry(task: asyncio.Task[None]) -> None:
    """None of them ends on its own; if one does, its process is better replaced than half alive."""
    if not task.cancelled():
        log.critical("a part of the worker died", exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
