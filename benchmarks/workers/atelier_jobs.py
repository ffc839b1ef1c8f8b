"""The deployed worker with one job kind that does nothing; `jobs.py` enqueues the same kind."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass, replace

from dishka import Provider, Scope, provide

from application.jobs.kinds import JobKind, JobKinds
from domain.jobs.job import Queue
from domain.jobs.schedule import Timetable
from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging
from entrypoints.wiring.container import build_container
from entrypoints.worker.app import options_of, work_in

_count = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """`sent`: when it was enqueued, by the clock all processes share; 0: nobody wants to know."""

    sent: float = 0.0


@dataclass(frozen=True, slots=True)
class NothingHandler:
    async def __call__(self, actor, command: Nothing) -> None:
        tell(command.sent)


def tell(sent: float) -> None:
    """A line for each wait that is asked for, and one for each round."""
    global _count  # noqa: PLW0603 - one number a process
    now = time.monotonic()
    if sent:
        os.write(1, f"waited {now - sent}\n".encode())
        return
    _count += 1
    if _count % int(os.environ["ROUND"]) == 0:
        os.write(1, f"done {now}\n".encode())


class Bench(Provider):
    scope = Scope.APP
    handler = provide(NothingHandler, scope=Scope.REQUEST)

    @provide(override=True)
    def kinds(self) -> JobKinds:
        kind = JobKind(
            name="bench.nothing", command=Nothing, handler=NothingHandler, queue=Queue.IO
        )
        return JobKinds([kind])

    @provide(override=True)
    def timetable(self) -> Timetable:
        return Timetable()


async def work(settings: Settings) -> None:
    own = replace(settings, database_url=settings.worker_database_url)
    container = build_container(own, Bench())
    options = replace(options_of(settings), slots={"io": int(os.environ["SLOTS"])}, cap=1_000_000)
    try:
        os.write(1, b"ready\n")
        await work_in(container, settings, options)
    finally:
        await container.close()


if __name__ == "__main__":
    settings = Settings.from_environment()
    start_logging(settings)
    sys.exit(asyncio.run(work(settings)))
