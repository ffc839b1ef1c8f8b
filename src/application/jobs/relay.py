"""Sends what waits in the outbox, at least once, each topic by its courier."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from domain.jobs.claim import Message
from domain.jobs.engine_ports import Outbox
from domain.jobs.outcome import backoff

Courier = Callable[[Sequence[Message]], Awaitable[None]]
_BATCH: Final = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Relay:
    """`couriers` by the first word of a topic; what has none is nobody's business and done."""

    outbox: Outbox
    couriers: Mapping[str, Courier]
    jitter: Callable[[], float]

    async def run(self) -> int:
        """Send what is due; answers how many messages left."""
        gone = 0
        while messages := await self.outbox.take(_BATCH):
            by_topic: dict[str, list[Message]] = {}
            for message in messages:
                by_topic.setdefault(message.topic.partition(".")[0], []).append(message)
            for topic, batch in by_topic.items():
                gone += await self._send(topic, batch)
            if len(messages) < _BATCH:
                break
        return gone

    async def _send(self, topic: str, batch: Sequence[Message]) -> int:
        rows = [message.row for message in batch]
        courier = self.couriers.get(topic)
        try:
            if courier is not None:
                await courier(batch)
        except Exception as error:
            log.warning("outbox delivery failed", count=len(batch), exc_info=error)
            tries = max(message.attempt for message in batch)
            await self.outbox.postpone(rows, backoff(tries, self.jitter()))
            return 0
        await self.outbox.sent(rows)
        return len(rows)
