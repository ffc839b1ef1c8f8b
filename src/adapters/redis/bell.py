"""The doorbell: arq messages that only say "look". Losing all of them costs two seconds."""

import asyncio
import time
from typing import Final

import msgspec
import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from domain.jobs.job import JobId
from domain.jobs.ports import Bell

WAKE: Final = "wake"
_PATIENCE: Final = 0.5  # seconds a ring may take; whoever rings has a user waiting
_PAUSE: Final = 1.0  # seconds to leave Redis alone after a failure
_MOMENT: Final = 0.025  # seconds
_FORGOTTEN_AFTER: Final = 60_000  # ms; an old ring has nothing to say

log = structlog.get_logger()


def queue_name(queue: str) -> str:
    return f"atelier:bell:{queue}"


def arq_client(url: str) -> ArqRedis:
    """msgpack, never pickle: write access to Redis must not be code execution here."""
    return ArqRedis(
        ConnectionPool.from_url(url, socket_connect_timeout=_PATIENCE, max_connections=20),
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
        expires_extra_ms=_FORGOTTEN_AFTER,
    )


class ArqBell(Bell):
    """Rings at once, and then at most once a moment a queue: every ring makes a worker look at all.

    A ring that falls into such a moment is made up for at its end, so that no job is overheard.
    """

    def __init__(self, client: ArqRedis) -> None:
        self._client = client
        self._silent_until = 0.0
        self._late: dict[str, tuple[JobId, int]] = {}
        self._moments: dict[str, asyncio.Task[None]] = {}

    async def ring(self, queue: str, job_id: JobId, fence: int) -> None:
        if queue in self._moments:
            self._late[queue] = job_id, fence
            return
        self._moments[queue] = asyncio.create_task(self._moment(queue))
        await self._ring(queue, job_id, fence)

    async def _moment(self, queue: str) -> None:
        await asyncio.sleep(_MOMENT)
        del self._moments[queue]
        if (late := self._late.pop(queue, None)) is not None:
            await self.ring(queue, *late)

    async def _ring(self, queue: str, job_id: JobId, fence: int) -> None:
        """The id is never used again, for a job's fence grows with every claim."""
        if time.monotonic() < self._silent_until:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._client.enqueue_job(
                    WAKE, _job_id=f"{job_id}:{fence}", _queue_name=queue_name(queue)
                )
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = time.monotonic() + _PAUSE
            log.warning("bell not heard", queue=queue, exc_info=error)
