"""The supervisor over small programs: order, restarts, and nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import psutil
import pytest

from adapters.embedded.processes import Running
from adapters.embedded.supervisor import Service, ServiceFailed, Supervisor

# Writes that it is up, then what it was told before it ends.
PROGRAM = """
import pathlib, signal, sys, time
diary, name, manners = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def note(what):
    with diary.open("a") as file:
        file.write(f"{name} {what}\\n")
def stop(number, frame):
    note(f"stopped by {signal.Signals(number).name}")
    sys.exit(0)
for each in (signal.SIGTERM, signal.SIGINT):
    signal.signal(each, stop if manners == "good" else signal.SIG_IGN)
note("started")
while True:
    time.sleep(0.02)
"""


class Stage:
    """A diary of the programs, and what the supervisor told about them."""

    def __init__(self, folder: Path) -> None:
        self.diary = folder / "diary"
        self.diary.touch()
        self.running: Mapping[str, Running] = {}
        self.supervisor = Supervisor(self.changed)

    def changed(self, running: Mapping[str, Running]) -> None:
        self.running = running

    def lines(self) -> list[str]:
        return self.diary.read_text().splitlines()

    def service(self, name: str, manners: str = "good", **more: object) -> Service:
        started = f"{name} started"
        return Service(
            name=name,
            command=(sys.executable, "-c", PROGRAM, str(self.diary), name, manners),
            answers=lambda: started in self.lines(),
            **more,  # type: ignore[arg-type]
        )

    async def until(self, line: str, times: int = 1) -> None:
        async with asyncio.timeout(20):
            while self.lines().count(line) < times:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.02)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.supervisor.hurry()
    await stage.supervisor.stop()


async def test_services_start_in_order_and_stop_in_reverse(stage: Stage) -> None:
    await stage.supervisor.start(stage.service("database", farewell=signal.SIGINT))
    await stage.supervisor.start(stage.service("api"))
    await stage.supervisor.stop()

    assert stage.lines() == [
        "database started",
        "api started",
        "api stopped by SIGTERM",
        "database stopped by SIGINT",
    ]


async def test_what_dies_is_started_again_and_told(stage: Stage) -> None:
    await stage.supervisor.start(stage.service("api"), stage.service("worker"))
    before = dict(stage.running)

    os.kill(before["api"].pid, signal.SIGKILL)
    await stage.until("api started", times=2)

    assert stage.running["api"] != before["api"]
    assert stage.running["api"].is_alive()
    assert stage.running["worker"] == before["worker"]


async def test_a_service_that_cannot_start_is_told_with_its_last_words(stage: Stage) -> None:
    broken = Service(
        name="database",
        command=(sys.executable, "-c", "raise SystemExit(3)"),
        answers=lambda: False,
        last_words=lambda: "the disk is full",
    )
    with pytest.raises(ServiceFailed, match="database did not start: the disk is full"):
        await stage.supervisor.start(stage.service("valkey"), broken)
    await stage.supervisor.stop()

    assert not any(each.is_alive() for each in stage.running.values())


async def test_a_program_that_is_not_there_is_told_by_name(stage: Stage) -> None:
    gone = Service(name="api", command=("/nowhere/program",), answers=lambda: True)

    with pytest.raises(ServiceFailed, match="api could not be started"):
        await stage.supervisor.start(gone)


async def test_one_that_is_never_ready_is_given_up(stage: Stage) -> None:
    deaf = stage.service("api")
    with pytest.raises(ServiceFailed, match="not ready"):
        await stage.supervisor.start(
            Service(name="api", command=deaf.command, answers=lambda: False, start_patience=0.2)
        )


async def test_who_ignores_the_farewell_is_killed_with_its_own_children(stage: Stage) -> None:
    await stage.supervisor.start(stage.service("stubborn", "bad", stop_patience=0.1))
    stubborn = stage.running["stubborn"]
    await stage.supervisor.stop()

    assert not stubborn.is_alive()


async def test_a_stop_during_a_restart_leaves_nothing_running(stage: Stage) -> None:
    await stage.supervisor.start(stage.service("api"))
    os.kill(stage.running["api"].pid, signal.SIGKILL)
    await asyncio.sleep(0)

    await stage.supervisor.stop()

    assert not stage.running["api"].is_alive()
    lines = stage.lines()
    await asyncio.sleep(0.7)  # longer than the delay before a restart
    assert stage.lines() == lines


SUPERVISED = """
import asyncio, sys
from adapters.embedded.supervisor import Service, Supervisor
async def main():
    supervisor = Supervisor(lambda running: print(running["sleeper"].pid, flush=True))
    await supervisor.start(Service(name="sleeper", command=("sleep", "60"), answers=lambda: True))
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's farewell is Linux's")
def test_children_do_not_outlive_a_killed_supervisor() -> None:
    command = [sys.executable, "-c", SUPERVISED]
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": path}) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()

        gone, _ = psutil.wait_procs([child], timeout=10)
    assert gone


def test_a_process_is_known_by_its_number_and_its_birth() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        running = Running.of(sleeper.pid)
        assert running is not None
        assert running.is_alive()
        assert not Running(pid=running.pid, started=running.started - 100).is_alive()

        began = time.monotonic()
        running.end(signal.SIGTERM, patience=10)

    assert time.monotonic() - began < 10
    assert not running.is_alive()
    assert Running.of(sleeper.pid) is None
