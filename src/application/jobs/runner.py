"""Keeps a worker's slots full: claims what is due, starts it, sleeps until the bell or the poll."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from application.jobs.attempt import Attempts
from application.jobs.heart import Heart
from application.jobs.lease import SAFE_SHARE
from domain.jobs.claim import Claim
from domain.jobs.engine_ports import JobBoard

POLL: Final = 2.0  # seconds; what a lost ring costs at most, give or take a quarter

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Runner:
    """`slots`: how many jobs of each queue this worker runs at once."""

    worker: str
    slots: Mapping[str, int]
    board: JobBoard
    attempts: Attempts
    heart: Heart
    jitter: Callable[[], float]
    poll: float = POLL
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _tasks: dict[asyncio.Task[None], str] = field(default_factory=dict)  # and their queues

    @property
    def running(self) -> int:
        return len(self._tasks)

    def ring(self) -> None:
        self._bell.set()

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            self._bell.clear()
            if not await self.start_due():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.poll * (0.75 + self.jitter() / 2)):
                        await self._bell.wait()

    async def start_due(self) -> int:
        """Claim what is due and start it; answers how many. An outage is waited out."""
        try:
            since = time.monotonic()
            claims = await self._claim()
        except Exception as error:
            if not self.board.is_outage(error):
                log.exception("claim failed")
            return 0
        deadline = since + self.heart.length * SAFE_SHARE
        for claim in claims:
            task = asyncio.create_task(self.attempts(claim, deadline))
            self._tasks[task] = claim.queue
            task.add_done_callback(self._finished)
        return len(claims)

    async def wait(self) -> None:
        """Until everything that was started has ended."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self, grace: float) -> None:
        """No new claims; let work end for `grace` seconds, then hand the rest back, uncharged."""
        self._stopping = True
        self.ring()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=grace)
        self.heart.stop_all()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=self.heart.length / 3)

    async def _claim(self) -> Sequence[Claim]:
        taken = Counter(self._tasks.values())
        free = {queue: slots - taken[queue] for queue, slots in self.slots.items()}
        free = {queue: slots for queue, slots in free.items() if slots > 0}
        return await self.board.claim(self.worker, free) if free else ()

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self.ring()
        if not task.cancelled() and task.exception() is not None:
            log.error("attempt escaped its bounds", exc_info=task.exception())
