"""Run everything there is to run, here and now: for the harness, tests and one-shot commands."""

import asyncio
from dataclasses import dataclass

from application.jobs.runner import Runner
from domain.jobs.engine_ports import JobBoard


@dataclass(frozen=True, slots=True)
class Drain:
    runner: Runner
    board: JobBoard

    async def __call__(self) -> int:
        """Until nothing is left; the waits between attempts are skipped. Answers how many ran."""
        beating = asyncio.create_task(self.runner.heart.run())
        ran = 0
        try:
            while True:
                started = await self.runner.start_due()
                await self.runner.wait()
                ran += started
                if not started and not await self.board.hasten():
                    return ran
        finally:
            beating.cancel()
            await asyncio.wait({beating})
