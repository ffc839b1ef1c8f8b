"""arq, used as a doorbell and nothing else: a message says "look", and then it is gone."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
import structlog
from arq.worker import Worker, func

from adapters.redis.bell import WAKE, arq_client, queue_name

_POLL: Final = 0.02  # seconds; arq's own default of half a second would be our latency
_PAUSE: Final = 1.0  # seconds between tries while Redis is away, and for arq to end
_AT_ONCE: Final = 50

log = structlog.get_logger()


async def hear_rings(url: str, queues: Iterable[str], look: Callable[[], None]) -> None:
    """Call `look` when anybody rings for one of the queues. For ever, whatever becomes of Redis."""
    logging.getLogger("arq").setLevel(logging.ERROR)
    async with asyncio.TaskGroup() as group:
        for queue in queues:
            group.create_task(_supervise(url, queue, look))


async def _supervise(url: str, queue: str, look: Callable[[], None]) -> None:
    """Arq ends itself when Redis goes away; we begin anew."""
    while True:
        try:
            await _listen(url, queue, look)
        except Exception as error:
            log.warning("doorbell interrupted", queue=queue, exc_info=error)
        look()
        await asyncio.sleep(_PAUSE)


async def _listen(url: str, queue: str, look: Callable[[], None]) -> None:
    async def wake(ctx: dict[str, Any]) -> None:
        look()

    client = arq_client(url)
    worker = Worker(
        [func(wake, name=WAKE, keep_result=0, timeout=5, max_tries=1)],
        redis_pool=client,
        queue_name=queue_name(queue),
        handle_signals=False,
        poll_delay=_POLL,
        max_jobs=_AT_ONCE,
        health_check_interval=3600,
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
    )
    try:
        await worker.async_run()
    finally:
        await _end(worker)
        await client.aclose(close_connection_pool=True)


async def _end(worker: Worker) -> None:
    """Cancelled, arq leaves what it began, each with a connection of ours in its hands.

    A message cancelled still writes to Redis, which may be what went away: no longer than `_PAUSE`.
    """
    begun = [task for task in (worker.main_task, *worker.tasks.values()) if task is not None]
    for task in begun:
        task.cancel()
    if begun:
        await asyncio.wait(begun, timeout=_PAUSE)
