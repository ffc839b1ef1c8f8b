"""Background work, as the engine that runs it sees it. The database's clock decides every lease."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.jobs.claim import Claim, Message, Pulse, Ready, Settlement
from domain.jobs.job import JobId, JobStatus


class JobBoard(Protocol):
    """The stored jobs of all workspaces. Any method raises what `is_outage` recognises."""

    @abstractmethod
    async def claim(self, worker: str, slots: Mapping[str, int]) -> Sequence[Claim]:
        """Take up to `slots[queue]` due jobs of each queue, fairly among workspaces.

        No workspace gets more than its cap of jobs in work, over all workers.
        """

    @abstractmethod
    async def beat(self, held: Mapping[JobId, int]) -> Mapping[JobId, Pulse]:
        """Extend the leases of jobs, given with their fences, without waiting for anybody.

        Not answered: lost, or just being written by its own handler; `beat_patiently` tells.
        """

    @abstractmethod
    async def beat_patiently(self, job_id: JobId, fence: int) -> Pulse:
        """Extend one lease, waiting for whoever writes its row."""

    @abstractmethod
    async def settle(self, settlements: Sequence[Settlement]) -> Mapping[JobId, JobStatus]:
        """End claims in one transaction; answers what became of those that were still ours.

        QUEUED is a wish: it becomes FAILED without attempts or time left, CANCELLED if unwanted.
        """

    @abstractmethod
    async def reap(self) -> Sequence[Ready]:
        """Take jobs from workers whose lease ran out, and end those past their deadline."""

    @abstractmethod
    async def overdue(self) -> Sequence[Ready]:
        """Jobs that have been due for two seconds and that nobody took."""

    @abstractmethod
    async def hasten(self) -> int:
        """Make every job that waits for another attempt due now; answers how many."""

    @abstractmethod
    def is_outage(self, error: BaseException) -> bool:
        """Whether the database went away, rather than the work being wrong."""


class JobMeter(Protocol):
    """What dashboards and alarms see of attempts."""

    @abstractmethod
    def started(self, claim: Claim) -> None: ...

    @abstractmethod
    def ended(self, claim: Claim, status: JobStatus, reason: str, seconds: float) -> None: ...

    @abstractmethod
    def lost(self, claim: Claim) -> None: ...


class Roster(Protocol):
    """Who is working."""

    @abstractmethod
    async def report(self, worker: str, slots: Mapping[str, int], running: int) -> None:
        """Say that this worker lives; forgets workers that have been silent for long."""

    @abstractmethod
    async def leave(self, worker: str) -> None: ...


class CronLedger(Protocol):
    @abstractmethod
    async def now(self) -> datetime:
        """The database's time, aware, UTC."""

    @abstractmethod
    async def last(self, name: str) -> datetime | None:
        """The newest slot that ran."""

    @abstractmethod
    async def run(self, name: str, due: datetime, command: object, subject: UUID) -> JobId | None:
        """Enqueue `command` for one slot; None: this slot already ran, here or elsewhere."""

    @abstractmethod
    async def skip(self, name: str, due: datetime) -> None:
        """Note a slot as done without running it."""


class Outbox(Protocol):
    @abstractmethod
    async def take(self, limit: int) -> Sequence[Message]:
        """Due messages; they are hidden for a minute while they are being sent."""

    @abstractmethod
    async def sent(self, rows: Iterable[int]) -> None: ...

    @abstractmethod
    async def postpone(self, rows: Iterable[int], delay: float) -> None:
        """Try again in `delay` seconds."""
