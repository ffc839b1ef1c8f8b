"""Enqueues jobs as the API does, some of them twice, and notes each one it was promised.

Run as a process: `python -m entrypoints.cli.soaking.submitter PEOPLE ACKED RATE`, until SIGTERM. A
line of ACKED is written after the commit: [subject, ids answered, how often it had to ask].
"""

import asyncio
import json
import random
import signal
import sys
from dataclasses import dataclass, field
from io import TextIOBase
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog
from dishka import AsyncContainer
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.session import Principal, bind
from adapters.system.clock import Uuid7
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from domain.jobs.job import JobId
from domain.jobs.ports import JobQueue
from domain.kernel.ports import UnitOfWork
from entrypoints.cli.soaking.kinds import Soaking, Work
from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging
from entrypoints.wiring.container import build_container

_TWICE: Final = 0.1  # of all submissions: at the same time
_AGAIN: Final = 0.3  # seconds between tries while nobody answers

log = structlog.get_logger()
_new: Final = Uuid7().new
_chance: Final = random.SystemRandom()


@dataclass(slots=True)
class Submitter:
    container: AsyncContainer
    people: list[Actor]
    acked: TextIOBase
    _tries: int = field(default=0, init=False)

    async def run(self, rate: float, stop: asyncio.Event) -> None:
        """Arrivals do not wait for each other, as those of users do not."""
        async with asyncio.TaskGroup() as group:
            number = 0
            while not stop.is_set():
                number += 1
                group.create_task(self._submit(number))
                await asyncio.sleep(_chance.expovariate(rate))

    async def _submit(self, number: int) -> None:
        actor, subject = _chance.choice(self.people), _new()
        times = 2 if _chance.random() < _TWICE else 1
        before = self._tries
        ids = await asyncio.gather(*(self._promised(actor, number, subject) for _ in range(times)))
        line = [str(subject), [str(each) for each in ids], self._tries - before]
        self.acked.write(f"{json.dumps(line)}\n")
        self.acked.flush()

    async def _promised(self, actor: Actor, number: int, subject: UUID) -> JobId:
        """Asks again until there is an answer, as a client with an idempotency key does."""
        while True:
            self._tries += 1
            try:
                return await self._enqueue(actor, number, subject)
            except Exception as error:
                log.warning("not enqueued", exc_info=error)
                await asyncio.sleep(_AGAIN)

    async def _enqueue(self, actor: Actor, number: int, subject: UUID) -> JobId:
        async with self.container() as scope:
            bind(await scope.get(AsyncSession), Principal(actor.user_id, actor.workspace_id))
            queue, uow = await scope.get(JobQueue), await scope.get(UnitOfWork)
            job_id: JobId = await queue.enqueue(actor, Work(number=number), subject=subject)
            await uow.commit()
            return job_id


def people_in(file: Path) -> list[Actor]:
    known: list[dict[str, Any]] = json.loads(file.read_text())
    return [
        Actor(
            user_id=UserId(UUID(each["user"])),
            workspace_id=WorkspaceId(UUID(each["workspace"])),
            role=Role.EDITOR,
        )
        for each in known
    ]


async def submit(settings: Settings, people: Path, acked: Path, rate: float) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    container = build_container(settings, Soaking())
    try:
        with acked.open("a") as file:
            await Submitter(container, people_in(people), file).run(rate, stop)
    finally:
        await container.close()


if __name__ == "__main__":
    settings = Settings.from_environment()
    start_logging(settings)
    asyncio.run(submit(settings, Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
