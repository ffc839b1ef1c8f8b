"""Ends claims in batches: whatever finishes while one batch is being written goes into the next."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from domain.jobs.claim import Settlement
from domain.jobs.engine_ports import JobBoard
from domain.jobs.job import JobStatus

_LARGEST_BATCH: Final = 200
_PAUSE: Final = 0.2  # seconds between tries while the database is away

log = structlog.get_logger()


@dataclass(slots=True)
class _Waiting:
    settlement: Settlement
    is_ours: Callable[[], bool]
    done: asyncio.Future[JobStatus | None]


@dataclass(slots=True)
class Settler:
    """An idle settler writes at once; a busy one batches. One transaction at a time."""

    board: JobBoard
    _waiting: list[_Waiting] = field(default_factory=list)
    _writer: asyncio.Task[None] | None = None

    async def settle(self, settlement: Settlement, is_ours: Callable[[], bool]) -> JobStatus | None:
        """What the job became, durably. None: the claim was lost, so nothing was ours to say.

        Keeps trying through an outage for as long as `is_ours` holds.
        """
        entry = _Waiting(settlement, is_ours, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await entry.done

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:_LARGEST_BATCH]
                del self._waiting[:_LARGEST_BATCH]
                await self._write_batch(batch)
        finally:
            self._writer = None

    async def _write_batch(self, batch: list[_Waiting]) -> None:
        try:
            ended = await self.board.settle([entry.settlement for entry in batch])
        except Exception as error:  # noqa: BLE001 - every waiting job must hear an answer
            if self.board.is_outage(error):
                await self._retry_later(batch)
            else:
                await self._write_one_by_one(batch)
            return
        for entry in batch:
            _answer(entry, ended.get(entry.settlement.job_id))

    async def _retry_later(self, batch: list[_Waiting]) -> None:
        """The fence decides; when a lease is over, the reaper speaks for the job."""
        await asyncio.sleep(_PAUSE)
        for entry in batch:
            if entry.is_ours():
                self._waiting.append(entry)
            else:
                _answer(entry, None)

    async def _write_one_by_one(self, batch: list[_Waiting]) -> None:
        """One that cannot be written must not take the others with it."""
        for entry in batch:
            try:
                ended = await self.board.settle([entry.settlement])
            except Exception:  # the reaper will end this one
                log.exception("job not settled", job_id=str(entry.settlement.job_id))
                _answer(entry, None)
            else:
                _answer(entry, ended.get(entry.settlement.job_id))


def _answer(entry: _Waiting, became: JobStatus | None) -> None:
    if not entry.done.done():  # else whoever waited has been cancelled
        entry.done.set_result(became)
