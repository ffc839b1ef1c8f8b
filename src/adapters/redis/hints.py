"""Pub/sub between processes: "something happened to these runs", "somebody cancelled something".

Nothing depends on it: the table of events is the truth, heartbeats hear of every cancel.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.jobs.job import JobId
from domain.jobs.ports import RunHints

RUNS: Final = "atelier:runs"
CANCELS: Final = "atelier:cancels"
_PATIENCE: Final = 0.5
_PAUSE: Final = 1.0
_LISTEN: Final = 10.0
_UUID_BYTES: Final = 16

log = structlog.get_logger()


class RedisRunHints(RunHints):
    """Collects what is said while a message is on its way; one names many runs, 16 bytes each."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, set[JobId]] = {}
        self._sending: asyncio.Task[None] | None = None

    def touched(self, roots: Iterable[JobId]) -> None:
        self._say(RUNS, roots)

    def unwanted(self, root: JobId) -> None:
        self._say(CANCELS, [root])

    def _say(self, channel: str, roots: Iterable[JobId]) -> None:
        self._waiting.setdefault(channel, set()).update(roots)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        while self._waiting:
            channel, roots = self._waiting.popitem()
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._redis.publish(channel, b"".join(root.bytes for root in roots))
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("hint not sent", exc_info=error)
                await asyncio.sleep(_PAUSE)
                self._waiting.clear()


async def listen(redis: Redis, channel: str) -> AsyncIterator[frozenset[JobId]]:
    """What others publish, for ever; while Redis is away there is nothing to hear."""
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as subscription:
                await subscription.subscribe(channel)
                while True:
                    message = await subscription.get_message(timeout=_LISTEN)
                    if message is not None:
                        yield _roots(message["data"])
        except (RedisError, OSError) as error:
            log.warning("hints interrupted", exc_info=error)
            await asyncio.sleep(_PAUSE)


def _roots(data: object) -> frozenset[JobId]:
    """Whatever else may lie in a channel is ignored."""
    if not isinstance(data, bytes) or len(data) % _UUID_BYTES:
        return frozenset()
    parts = range(0, len(data), _UUID_BYTES)
    return frozenset(JobId(UUID(bytes=data[at : at + _UUID_BYTES])) for at in parts)
