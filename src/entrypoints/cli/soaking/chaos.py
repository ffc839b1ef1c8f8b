"""Everything that can go wrong with workers, PostgreSQL and Valkey, in a random order."""

import heapq
import itertools
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import psycopg
import redis

from entrypoints.cli.soaking.site import Site
from entrypoints.cli.soaking.verdict import stuck_in

Worker = subprocess.Popen[bytes]
Action = Callable[[], None]

_PAUSES: Final = (0.7, 2.0)  # seconds between two faults of workers and connections
_FREEZES: Final = (1.0, 8.0)  # around the length of a lease
_DOWN_POSTGRES: Final = (0.5, 4.0)
_DOWN_VALKEY: Final = (1.0, 8.0)
_EVERY: Final = {"crash_postgres": 45.0, "crash_valkey": 40.0, "forget_rings": 20.0}
_SHARES: Final = {"kill": 0.55, "freeze": 0.2, "stop": 0.12, "cut": 0.13}
_LOOK_EVERY: Final = 2.0
_CUT: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5"
)


@dataclass(slots=True)
class Agenda:
    """What is to be done when, by the monotonic clock."""

    _entries: list[tuple[float, int, Action]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def add(self, delay: float, action: Action) -> None:
        entry = (time.monotonic() + delay, next(self._numbers), action)
        heapq.heappush(self._entries, entry)

    def do_due(self, *, everything: bool = False) -> None:
        while self._entries and (everything or self._entries[0][0] <= time.monotonic()):
            heapq.heappop(self._entries)[2]()

    def drop(self) -> None:
        self._entries.clear()


@dataclass(slots=True)
class Chaos:
    """`faults` counts what was done, `stuck` what was seen of I8 and I9."""

    site: Site
    crew: int
    chance: random.Random
    faults: Counter[str] = field(default_factory=Counter)
    stuck: Counter[str] = field(default_factory=Counter)
    _workers: list[Worker] = field(default_factory=list)
    _leaving: list[Worker] = field(default_factory=list)
    _repairs: Agenda = field(default_factory=Agenda)
    _plan: Agenda = field(default_factory=Agenda)
    _postgres_down: bool = False
    _valkey_down: bool = False

    def rage(self, seconds: float) -> None:
        """For so long; afterwards everything runs again."""
        self._workers = [self.site.worker() for _ in range(self.crew)]
        self._repeat(self._harm_something, lambda: self.chance.uniform(*_PAUSES))
        self._repeat(self._look, lambda: _LOOK_EVERY)
        for name, pause in _EVERY.items():
            # in a short soak everything happens twice, too
            self._repeat(getattr(self, f"_{name}"), lambda pause=pause: min(pause, seconds / 2.5))  # type: ignore[misc]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._plan.do_due()
            self._repairs.do_due()
            self.tend()
            time.sleep(0.05)
        self._plan.drop()
        self._repairs.do_due(everything=True)

    def tend(self) -> None:
        """Replace whoever has died."""
        for place, worker in enumerate(self._workers):
            if worker.poll() is not None:
                self.faults["ended_by_itself"] += 1
                self._workers[place] = self.site.worker()

    def dismiss(self, patience: float) -> int:
        """Stop all workers in order; answers how many did not manage in time."""
        late = 0
        for worker in (*self._workers, *self._leaving):
            worker.terminate()
            worker.send_signal(signal.SIGCONT)  # or a frozen one would not hear it
        until = time.monotonic() + patience
        for worker in (*self._workers, *self._leaving):
            try:
                worker.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                late += 1
                worker.kill()
                worker.wait()
        return late

    def _repeat(self, action: Action, pause: Callable[[], float]) -> None:
        def again() -> None:
            action()
            self._plan.add(pause(), again)

        self._plan.add(pause(), again)

    def _harm_something(self) -> None:
        [name] = self.chance.choices([*_SHARES], [*_SHARES.values()])
        place = self.chance.randrange(self.crew)
        getattr(self, f"_{name}")(place)

    def _kill(self, place: int) -> None:
        self.faults["sigkill"] += 1
        self._workers[place].kill()
        self._workers[place].wait()
        self._workers[place] = self.site.worker()

    def _freeze(self, place: int) -> None:
        """Longer than a lease, most of the time: it thaws as a zombie."""
        self.faults["sigstop"] += 1
        worker = self._workers[place]
        worker.send_signal(signal.SIGSTOP)
        thaw = self.chance.uniform(*_FREEZES)
        self._repairs.add(thaw, lambda: worker.send_signal(signal.SIGCONT))

    def _stop(self, place: int) -> None:
        """In order, as a deployment does; its place is taken at once."""
        self.faults["sigterm"] += 1
        worker = self._workers[place]
        worker.send_signal(signal.SIGCONT)
        worker.terminate()
        self._leaving = [each for each in self._leaving if each.poll() is None] + [worker]
        self._workers[place] = self.site.worker()

    def _cut(self, _: int) -> None:
        if not self._postgres_down:
            self.faults["pg_terminate_backend"] += 1
            with suppress(psycopg.OperationalError), self.site.connection() as connection:
                connection.execute(_CUT)

    def _crash_postgres(self) -> None:
        if self._postgres_down:
            return

        def start() -> None:
            self.site.postgres.start()
            self._postgres_down = False

        self.faults["pg_immediate_restart"] += 1
        self._postgres_down = True
        self.site.postgres.stop("immediate")
        self._repairs.add(self.chance.uniform(*_DOWN_POSTGRES), start)

    def _crash_valkey(self) -> None:
        if self._valkey_down:
            return

        def start() -> None:
            self.site.valkey.start()
            self._valkey_down = False

        self.faults["valkey_kill_9"] += 1
        self._valkey_down = True
        self.site.valkey.kill()
        self._repairs.add(self.chance.uniform(*_DOWN_VALKEY), start)

    def _forget_rings(self) -> None:
        if not self._valkey_down:
            self.faults["valkey_flushall"] += 1
            with redis.Redis.from_url(self.site.valkey.url) as client:
                client.flushall()

    def _look(self) -> None:
        if self._postgres_down:
            return
        with suppress(psycopg.OperationalError), self.site.connection() as connection:
            for name, count in stuck_in(connection).items():
                self.stuck[name] = max(self.stuck[name], count)
