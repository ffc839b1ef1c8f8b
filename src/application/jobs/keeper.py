"""What every worker does besides working: no leader, for every one of these may run anywhere."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from application.jobs.cron import Cron
from application.jobs.relay import Relay
from application.jobs.runner import Runner
from domain.jobs.engine_ports import JobBoard, Roster
from domain.jobs.ports import Bell

_RELAY_EVERY: Final = 1.0  # seconds
_MOST_RINGS: Final = 20

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Keeper:
    """Reaps dead workers' jobs, rings for the overdue, keeps the clock, empties the outbox.

    `reported_at`: when the database last heard that this worker lives, by time.monotonic().
    """

    board: JobBoard
    roster: Roster
    cron: Cron
    relay: Relay
    runner: Runner
    bell: Bell
    lease: float
    jitter: Callable[[], float]
    reported_at: float = float("-inf")

    async def run(self) -> None:
        """Until cancelled; an outage of the database only pauses it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._every(self.lease / 3, self.keep))
            group.create_task(self._every(self.lease / 3, self.cron.tick))
            group.create_task(self._every(_RELAY_EVERY, self.relay.run))

    async def keep(self) -> None:
        await self.roster.report(self.runner.worker, self.runner.slots, self.runner.running)
        self.reported_at = time.monotonic()
        await self.board.reap()
        overdue = await self.board.overdue()
        if overdue:
            self.runner.ring()
        for job in overdue[:_MOST_RINGS]:
            if (
                self.runner.slots.get(job.queue, 0) == 0
            ):  # not ours to do; whose it is may have slept
                await self.bell.ring(job.queue, job.id, job.fence)

    async def _every(self, seconds: float, act: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await act()
            except Exception as error:
                log.warning("housekeeping failed", exc_info=error)
            await asyncio.sleep(seconds * (0.75 + self.jitter() / 2))
