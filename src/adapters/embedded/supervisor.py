"""Keeps child processes running: starts them in order, restarts what dies, stops in reverse."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from adapters.embedded.account import Account
from adapters.embedded.processes import Running
from adapters.embedded.spawning import bound
from domain.kernel.errors import Unavailable

_FIRST_DELAY: Final = 0.5  # seconds before the first restart; doubles up to _LONGEST_DELAY
_LONGEST_DELAY: Final = 30.0
_STEADY: Final = 60.0  # after so many seconds a death counts as the first again
_EVERY: Final = 0.02  # seconds between two questions whether a service is ready

log = structlog.get_logger("supervisor")


class ServiceFailed(Unavailable):
    """Facts: `service`."""

    code = "embedded.service-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One program. `answers` says whether it is ready; it may block for a moment."""

    name: str
    command: tuple[str, ...]
    answers: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    output: Path | None = None  # where it writes; None: where we do
    descriptors: tuple[int, ...] = ()  # open files it inherits
    farewell: signal.Signals = signal.SIGTERM
    start_patience: float = 60.0  # seconds to become ready
    stop_patience: float = 10.0  # seconds to end after the farewell
    before: Callable[[], None] = lambda: None  # prepares every start
    last_words: Callable[[], str] = lambda: "see its log above"


@dataclass(slots=True, eq=False)
class _Child:
    service: Service
    process: asyncio.subprocess.Process
    born: float
    keeper: "asyncio.Task[None] | None" = None


@dataclass(slots=True, eq=False)
class Supervisor:
    """`changed` is told the running children, by name, whenever one starts."""

    changed: Callable[[Mapping[str, Running]], None]
    _children: dict[str, _Child] = field(default_factory=dict, init=False)
    _groups: list[list[_Child]] = field(default_factory=list, init=False)
    _stopping: bool = field(default=False, init=False)

    async def start(self, *services: Service) -> None:
        """Start them side by side and wait until all are ready. Raises ServiceFailed."""
        group: list[_Child] = []
        self._groups.append(group)
        for service in services:
            child = _Child(service, await _spawn(service), time.monotonic())
            group.append(child)
            self._children[service.name] = child
        self._tell()
        await asyncio.gather(*(_ready(child) for child in group))
        for child in group:
            child.keeper = asyncio.create_task(self._keep(child))

    async def stop(self) -> None:
        """Last started, first stopped; what outlasts its patience is killed."""
        self._stopping = True
        for group in reversed(self._groups):
            keepers = [child.keeper for child in group if child.keeper is not None]
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await asyncio.gather(*(_end(child) for child in group))

    def hurry(self) -> None:
        """Kill everything now; `stop` then has nothing to wait for."""
        self._stopping = True
        for child in self._children.values():
            _kill(child)

    async def _keep(self, child: _Child) -> None:
        """For as long as we run: wait for its death, tell it, start it again."""
        delay = _FIRST_DELAY
        restarts = 0
        while True:
            code = await child.process.wait()
            if self._stopping:
                return
            if time.monotonic() - child.born > _STEADY:
                delay, restarts = _FIRST_DELAY, 0
            restarts += 1
            said = {"service": child.service.name, "exit_code": code, "restarts": restarts}
            log.error("a service died and is started again", retry_in_s=delay, **said)
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)
            await self._revive(child)

    async def _revive(self, child: _Child) -> None:
        _kill(child)  # what it may have left in its group
        try:
            await _again(child)
            self._tell()
            await _ready(child)
        except (Unavailable, OSError):
            with suppress(ProcessLookupError):
                child.process.kill()
            log.exception("a service did not start", service=child.service.name)
        else:
            log.info("a service is back", service=child.service.name)

    def _tell(self) -> None:
        running = {name: Running.of(each.process.pid) for name, each in self._children.items()}
        self.changed({name: each for name, each in running.items() if each is not None})


async def _again(child: _Child) -> None:
    """A stop that comes in between must still find the new process in `child`."""
    spawning = asyncio.ensure_future(_spawn(child.service))
    try:
        await asyncio.shield(spawning)
    finally:
        child.process = await spawning
        child.born = time.monotonic()


async def _spawn(service: Service) -> asyncio.subprocess.Process:
    try:
        service.before()
        output = None if service.output is None else service.output.open("ab")
        try:
            return await asyncio.create_subprocess_exec(
                *service.command,
                cwd="/",
                env=dict(service.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output or sys.stderr,
                stderr=output or sys.stderr,
                pass_fds=service.descriptors,
                **bound(service.account or _ourselves(), service.farewell),
            )
        finally:
            if output is not None:
                output.close()
    except OSError as error:
        raise ServiceFailed(
            f"{service.name} could not be started: {error}", service=service.name
        ) from error


def _ourselves() -> Account:
    return Account(None, os.geteuid(), os.getegid())


async def _ready(child: _Child) -> None:
    service = child.service
    deadline = time.monotonic() + service.start_patience
    while not await asyncio.to_thread(service.answers):
        if child.process.returncode is not None:
            raise ServiceFailed(
                f"{service.name} did not start: {service.last_words()}", service=service.name
            )
        if time.monotonic() > deadline:
            raise ServiceFailed(
                f"{service.name} was not ready after {service.start_patience:.0f} s:"
                f" {service.last_words()}",
                service=service.name,
            )
        await asyncio.sleep(_EVERY)


async def _end(child: _Child) -> None:
    if child.process.returncode is None:
        with suppress(ProcessLookupError):
            child.process.send_signal(child.service.farewell)
        try:
            async with asyncio.timeout(child.service.stop_patience):
                await child.process.wait()
        except TimeoutError:
            log.warning("a service did not stop in time", service=child.service.name)
    _kill(child)
    await child.process.wait()


def _kill(child: _Child) -> None:
    """The process and whatever it started in its session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)
