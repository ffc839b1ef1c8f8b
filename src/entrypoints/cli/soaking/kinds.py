"""The jobs of a soak: work in steps with one call outside, and a tick by the clock."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from dishka import Provider, Scope, provide, provide_all
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from application.jobs.kinds import JobKind, JobKinds
from domain.identity.access import Actor
from domain.jobs.job import Queue
from domain.jobs.ports import JobRun
from domain.jobs.schedule import CronEntry, Missed, Timetable
from domain.jobs.system import SystemActor
from entrypoints.cli.soaking.liar import SETTLE, Telephone

LEASE: Final = 3.0  # seconds; ten times shorter than in production, so that leases are lost often
STEPS: Final = ("first", "second", "last")
CALL: Final = "post"
TICK_EVERY: Final = timedelta(seconds=2)
LEDGER: Final = "soak_ledger"
SOCKET: Final = "SOAK_SOCKET"  # the variable that says where the liar listens
_BLOCKED: Final = 0.005  # of all attempts: blocks the whole worker past its leases
_BROKEN: Final = 0.03  # of all attempts: a bug
_WRITE: Final = text(f"INSERT INTO {LEDGER} (job_id, step, fence) VALUES (:job, :step, :fence)")  # noqa: S608
_chance: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What the clock asks for."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Has no unique constraint: an effect that happened twice shows."""

    run: JobRun
    session: AsyncSession

    def entry(self, step: str) -> Callable[[], Awaitable[str]]:
        async def write() -> str:
            keys = {"job": self.run.id, "step": step, "fence": self.run.fence}
            await self.session.execute(_WRITE, keys)
            return step

        return write


class Bug(Exception):
    """Nobody expected it."""


@dataclass(frozen=True, slots=True)
class WorkHandler:
    run: JobRun
    ledger: Ledger
    telephone: Telephone

    async def __call__(self, actor: Actor | SystemActor, command: Work) -> None:
        first, second, last = STEPS
        await self.run.step(first, self.ledger.entry(first))
        await asyncio.sleep(_chance.uniform(0.02, 0.3))
        await self.run.progress(30, {"number": command.number})
        luck = _chance.random()
        if luck < _BLOCKED:
            time.sleep(1.4 * LEASE)  # noqa: ASYNC251 - that is the fault
        elif luck < _BLOCKED + _BROKEN and self.run.attempt == 0:
            raise Bug
        async with self.telephone.line() as line:
            await self.run.external(CALL, line.post, line.find, settle=SETTLE)
        await self.run.step(second, self.ledger.entry(second))
        await asyncio.sleep(_chance.uniform(0.02, 0.2))
        await self.run.step(last, self.ledger.entry(last))


@dataclass(frozen=True, slots=True)
class TickHandler:
    run: JobRun
    ledger: Ledger

    async def __call__(self, actor: Actor | SystemActor, command: Tick) -> None:
        await self.run.step("tick", self.ledger.entry("tick"))


KINDS: Final = JobKinds(
    [
        JobKind(
            name="soak.work",
            command=Work,
            handler=WorkHandler,
            queue=Queue.IO,
            timeout=timedelta(seconds=60),
            max_attempts=60,
        ),
        JobKind(
            name="soak.tick", command=Tick, handler=TickHandler, queue=Queue.IO, max_attempts=60
        ),
    ]
)
TIMETABLE: Final = Timetable(
    (CronEntry(name="soak.tick", command=Tick(), every=TICK_EVERY, missed=Missed.EACH),)
)


class Soaking(Provider):
    """Replaces every product's jobs by those of the soak."""

    scope = Scope.APP

    handlers = provide_all(WorkHandler, TickHandler, Ledger, scope=Scope.REQUEST)

    @provide(override=True)
    def kinds(self) -> JobKinds:
        return KINDS

    @provide(override=True)
    def timetable(self) -> Timetable:
        return TIMETABLE

    @provide
    def telephone(self) -> Telephone:
        return Telephone(Path(os.environ[SOCKET]))
