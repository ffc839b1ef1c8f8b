"""One pulse for all jobs a worker holds: extends leases, hears of cancels, stops us in time."""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from application.jobs.lease import Ending, Lease
from domain.jobs.claim import Pulse
from domain.jobs.engine_ports import JobBoard
from domain.jobs.job import JobId

Answer = TypeVar("Answer")

log = structlog.get_logger()


@dataclass(slots=True)
class Heart:
    """Beats every third of a lease, and when asked. Between beats it watches our own deadlines.

    A handler is cancelled when its job is no longer wanted, or when its deadline passes without a
    confirmed beat: from then on somebody else may be working on it.
    """

    board: JobBoard
    length: float  # seconds of a lease
    _held: dict[JobId, tuple[Lease, asyncio.Task[None]]] = field(default_factory=dict)
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: bool = False

    def hold(self, lease: Lease, work: asyncio.Task[None]) -> None:
        self._held[lease.claim.id] = lease, work
        if self._closing:
            _stop(lease, work, Ending.STOP)

    def release(self, lease: Lease) -> None:
        if self._lease(lease.claim.id) is lease:
            del self._held[lease.claim.id]

    def beat_soon(self) -> None:
        """Somebody cancelled something: do not wait for the next regular beat."""
        self._asked.set()

    def stop_all(self) -> None:
        """The worker shuts down: handlers still at work are cancelled, their jobs handed back."""
        self._closing = True
        for lease, work in list(self._held.values()):
            _stop(lease, work, Ending.STOP)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat_for_ever())
            group.create_task(self._watch())

    async def beat(self) -> None:
        """One round. A job whose row its own handler is writing answers last, and delays nobody."""
        held = {job_id: lease.claim.fence for job_id, (lease, _) in self._held.items()}
        if not held:
            return
        since = time.monotonic()
        answered = await self._bounded(self.board.beat(held))
        for job_id, pulse in answered.items():
            self._hear(job_id, held[job_id], pulse, since)
        for job_id in held.keys() - answered.keys():
            since = time.monotonic()
            pulse = await self._bounded(self.board.beat_patiently(job_id, held[job_id]))
            self._hear(job_id, held[job_id], pulse, since)

    async def _beat_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.length / 3):
                    await self._asked.wait()
            self._asked.clear()
            try:
                await self.beat()
            except Exception as error:
                log.warning("heartbeat failed", exc_info=error)
                await asyncio.sleep(self.length / 30)
                self._asked.set()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.length / 30)
            for lease, work in list(self._held.values()):
                if not lease.is_safe():
                    _stop(lease, work, Ending.LOST)

    def _hear(self, job_id: JobId, fence: int, pulse: Pulse, since: float) -> None:
        entry = self._held.get(job_id)
        if entry is None or entry[0].claim.fence != fence:
            return
        lease, work = entry
        if pulse is Pulse.LOST:
            lease.deadline = 0.0
            _stop(lease, work, Ending.LOST)
            return
        lease.extend(since, self.length)
        if pulse is Pulse.UNWANTED:
            _stop(lease, work, Ending.UNWANTED)

    def _lease(self, job_id: JobId) -> Lease | None:
        entry = self._held.get(job_id)
        return None if entry is None else entry[0]

    async def _bounded(self, answer: Awaitable[Answer]) -> Answer:
        async with asyncio.timeout(self.length / 3):
            return await answer


def _stop(lease: Lease, work: asyncio.Task[None], ending: Ending) -> None:
    """Once: a second cancel would cut short what the handler does to clean up."""
    if not work.cancelling():
        lease.ending = ending
        work.cancel()
