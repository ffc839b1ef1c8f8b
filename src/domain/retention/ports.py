"""What retention needs to know, and how other contexts let it remove what is over."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.identity.access import WorkspaceId
from domain.kernel.pages import Page, PageRequest
from domain.kernel.retention import RetentionClass
from domain.retention.hold import HoldId, LegalHold
from domain.retention.policy import RetentionPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One thing that would go, for a person to recognise."""

    id: str
    name: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What would go now: oldest first. `held` counts what a legal hold keeps."""

    count: int
    size: int  # bytes; 0 for things that are rows alone
    oldest: datetime | None
    held: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    count: int
    size: int  # bytes


class Expirable(Protocol):
    """One kind of thing that grows old; each context registers its own in the wiring.

    Held things (`app.is_held(workspace, id)` in SQL) are neither due nor removed.
    """

    name: str
    classes: Sequence[RetentionClass | None]  # None: what goes with its workspace alone

    @abstractmethod
    async def due(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, samples: int
    ) -> Due:
        """What was made at `cut` or before; changes nothing."""

    @abstractmethod
    async def remove(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, limit: int
    ) -> Removed:
        """Remove the oldest `limit` of them: objects first, then rows. Commits on its own.

        Called until it answers that nothing was due; a call that was cut off is repeated.
        """


@dataclass(frozen=True, slots=True)
class Expirables:
    """Everything that grows old here, in the order of removal: what uses files before the files."""

    items: tuple[Expirable, ...]


class Policies(Protocol):
    @abstractmethod
    async def get(self, workspace_id: WorkspaceId) -> RetentionPolicy:
        """The standard one until somebody changes it."""

    @abstractmethod
    async def save(self, policy: RetentionPolicy) -> None:
        """Raises PolicyChanged when someone else was faster."""


class LegalHolds(Protocol):
    @abstractmethod
    async def add(self, hold: LegalHold) -> None:
        """From its commit on nothing it covers is removed. Raises AlreadyHeld."""

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, hold_id: HoldId) -> LegalHold:
        """Raises HoldNotFound."""

    @abstractmethod
    async def page(
        self, workspace_id: WorkspaceId, request: PageRequest, *, active: bool
    ) -> Page[LegalHold]:
        """Newest first; `active`: only those not released."""

    @abstractmethod
    async def require_free(self, workspace_id: WorkspaceId, subject: UUID) -> None:
        """Raises UnderLegalHold; until the commit nobody can place a hold on it."""


class RetentionSchedule(Protocol):
    """Which workspaces to look at; the platform asks, in no workspace's name."""

    @abstractmethod
    async def with_something_due(
        self, standard: Mapping[RetentionClass, int], now: datetime
    ) -> Sequence[WorkspaceId]:
        """Those that hold something over, or half removed; a few too many at worst."""

    @abstractmethod
    async def all(self) -> Sequence[WorkspaceId]: ...


class PlatformTrail(Protocol):
    """What the platform leaves behind of its own work, in no workspace."""

    @abstractmethod
    async def remove(self, cut: datetime, limit: int) -> int:
        """Remove at most `limit` each of sent messages, spent clock slots and finished jobs of the
        platform, from `cut` or before. Commits; answers how many went.
        """


class ArtifactRemovals(Protocol):
    """The steps by which artifacts go; each in the caller's transaction."""

    @abstractmethod
    async def due(
        self, workspace_id: WorkspaceId, kind: RetentionClass | None, cut: datetime, samples: int
    ) -> Due: ...

    @abstractmethod
    async def mark(
        self,
        workspace_id: WorkspaceId,
        kind: RetentionClass | None,
        cut: datetime,
        now: datetime,
        limit: int,
    ) -> Removed:
        """Nobody can read these from the commit on; their share of the quota is free again."""

    @abstractmethod
    async def condemn(
        self, workspace_id: WorkspaceId, now: datetime, limit: int
    ) -> tuple[str, ...]:
        """Keys of objects that no artifact names any more, and none can from the commit on."""

    @abstractmethod
    async def adopt_orphans(
        self, workspace_id: WorkspaceId, keys: Sequence[str], now: datetime
    ) -> tuple[str, ...]:
        """Those of `keys` that nothing knows of, condemned from the commit on."""

    @abstractmethod
    async def forget(self, workspace_id: WorkspaceId, keys: Sequence[str]) -> int:
        """The rows of deleted objects, and of removed artifacts whose object others share.

        Answers how many objects are forgotten; what something still names stays, marked.
        """
