"""Background work, as a use case that starts it and a handler that does it see it."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.identity.access import Actor
from domain.jobs.job import JobId


class JobQueue(Protocol):
    @abstractmethod
    async def enqueue(
        self,
        actor: Actor,
        command: object,
        *,
        subject: UUID,
        version: int = 1,
        shard: int = 0,
        root_id: JobId | None = None,
        run_at: datetime | None = None,
    ) -> JobId:
        """Store a job in the caller's transaction; a worker is woken after the commit.

        One job per (workspace, kind, subject, version, shard): asking again answers the same id.
        `root_id` ties the jobs of one run together (default: the job itself). Raises OverQuota.
        """


class JobRun(Protocol):
    """The job a background handler runs in. Its unit of work proves the lease at every begin."""

    id: JobId
    root_id: JobId
    attempt: int

    @abstractmethod
    async def progress(self, percent: int, note: Mapping[str, Any] | None = None) -> None:
        """Publish one event. Percent never goes back. Commits on its own."""

    @abstractmethod
    async def step(self, name: str, effect: Callable[[], Awaitable[Any]]) -> Any:
        """Run `effect` and mark it done in one transaction; later attempts get its stored result.

        `effect` writes through the handler's repositories and must not commit; its result is JSON.
        """

    @abstractmethod
    async def external(
        self,
        name: str,
        call: Callable[[str], Awaitable[Any]],
        find: Callable[[str], Awaitable[Any]] | None,
        settle: float = 120.0,
    ) -> Any:
        """Do something outside at most once: intent, then `call(effect_key)`, then the mark.

        After a crash in between, and once `settle` seconds have passed, `find(effect_key)` asks the
        other side; None means surely absent. Without `find` raises UnknownOutcome: a human decides.
        """


class Bell(Protocol):
    @abstractmethod
    async def ring(self, queue: str, job_id: JobId, fence: int) -> None:
        """Tell the workers of a queue to look; a lost ring costs time, never work."""
