"""Background work, as a use case that starts it and a handler that does it see it."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.identity.access import NO_CREDENTIAL, Actor, Credential, UserId, WorkspaceId
from domain.jobs.job import JobEvent, JobId, JobStatus, JobView
from domain.jobs.system import SystemActor
from domain.kernel.pages import Page, PageRequest


class JobQueue(Protocol):
    @abstractmethod
    async def enqueue(
        self,
        actor: Actor | SystemActor,
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

    @abstractmethod
    async def enqueue_shards(
        self,
        actor: Actor | SystemActor,
        commands: Mapping[int, object],
        *,
        subject: UUID,
        version: int = 1,
        root_id: JobId | None = None,
    ) -> None:
        """Store many jobs of one kind in one statement, `commands` by shard number.

        Without `root_id`, each is a run of its own.
        """


class JobRun(Protocol):
    """The job a background handler runs in. Its unit of work proves the lease at every begin."""

    id: JobId
    root_id: JobId
    attempt: int  # failures before this attempt that counted
    fence: int  # distinguishes this attempt's files from those of any other

    @abstractmethod
    async def progress(self, percent: int, note: Mapping[str, Any] | None = None) -> None:
        """Publish one event. Percent never goes back.

        Commits on its own; while the unit of work has a transaction open, it joins that instead.
        """

    @abstractmethod
    async def step(self, name: str, effect: Callable[[], Awaitable[Any]]) -> Any:
        """Run `effect` and mark it done in one transaction; later attempts get its stored result.

        `effect` writes through the handler's repositories and must not commit; its result is JSON.
        What the unit of work already holds is committed with it.
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
        A call that certainly had no effect raises Refused(because), and may be made again.
        What the unit of work already holds is committed with the intent.
        """


class Bell(Protocol):
    @abstractmethod
    async def ring(self, queue: str, job_id: JobId, fence: int) -> None:
        """Tell the workers of a queue to look; a lost ring costs time, never work. Never raises."""


class RunHints(Protocol):
    """Tells whoever watches that there is news; the tables are the truth. Returns at once."""

    @abstractmethod
    def touched(self, roots: Iterable[JobId]) -> None:
        """Something happened in these runs."""

    @abstractmethod
    def unwanted(self, root: JobId) -> None:
        """Somebody asked for a cancel in this run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Someone wants the events of a run after a number, at most so many."""

    user_id: UserId
    workspace_id: WorkspaceId
    root_id: JobId
    after: int
    limit: int
    credential: Credential = NO_CREDENTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    watch: Watch
    is_member: bool  # still, and by a credential that still holds; else there are no events
    events: Sequence[JobEvent]


class RunNews(Protocol):
    @abstractmethod
    async def since(self, watches: Sequence[Watch]) -> Sequence[News]:
        """One answer a watch, in their order; membership is read anew each time."""


class Jobs(Protocol):
    """What people see of jobs and may ask of them, as far as the session's actor may."""

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, job_id: JobId) -> JobView:
        """Raises JobNotFound, also for a job of another workspace."""

    @abstractmethod
    async def page(
        self,
        workspace_id: WorkspaceId,
        request: PageRequest,
        *,
        status: JobStatus | None = None,
        kind: str | None = None,
        root_id: JobId | None = None,
        subject: UUID | None = None,
    ) -> Page[JobView]:
        """Newest first, by id."""

    @abstractmethod
    async def events(
        self, workspace_id: WorkspaceId, job_id: JobId, *, after: int, limit: int
    ) -> Sequence[JobEvent]:
        """A job's own events with `seq` above `after`, in order."""

    @abstractmethod
    async def run_events(
        self, workspace_id: WorkspaceId, root_id: JobId, *, after: int, limit: int
    ) -> Sequence[JobEvent]:
        """The events of all jobs of a run with `run_seq` above `after`, in order."""

    @abstractmethod
    async def hold(self, job_id: JobId) -> None:
        """Keep a job from moving until the caller's commit: for who locks more than the job.

        A job nobody may see is held by nobody, and that is no error.
        """

    @abstractmethod
    async def cancel(self, job_id: JobId) -> None:
        """Ask a job, and if it is a root its whole run, to stop; queued ones end at once.

        Asking again is fine. Raises JobNotFound, JobAlreadyFinished. The caller commits.
        """

    @abstractmethod
    async def redrive(self, job_id: JobId, reason: str) -> None:
        """Send a failed job back to work with fresh attempts. Raises JobNotFound, JobNotFailed.

        The caller commits.
        """
