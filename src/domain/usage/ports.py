"""Reservations against quotas, and the ledger of what was used."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.identity.access import Actor, UserId, WorkspaceId
from domain.kernel.pages import Page, PageRequest
from domain.usage.quota import QuotaUse


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEntry:
    """One line of the ledger; `amount` is negative where something held was given back."""

    id: int  # growing
    quota: str
    subject: UUID
    amount: int
    actor_id: UserId | None
    facts: Mapping[str, object]
    created_at: datetime


class Quotas(Protocol):
    """Everything happens in the caller's transaction and is undone with it; nothing commits.

    Reserve as late as possible: others of the same workspace wait from there until your commit.
    Take several quotas in the order of their names. Unknown names raise UnknownQuota.
    """

    @abstractmethod
    async def reserve(self, actor: Actor, quota: str, amount: int, *, subject: UUID) -> None:
        """Hold `amount` for `subject`, exactly: rivals cannot both get the last unit.

        Reserving again for the same subject changes the amount held, so a retry is harmless.
        Raises QuotaUsedUp (a stock), AllowanceUsedUp (a rate).
        """

    @abstractmethod
    async def settle(
        self,
        actor: Actor,
        quota: str,
        *,
        subject: UUID,
        actual: int,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        """Say what it really took, which goes into the ledger; never refuses, even above a limit.

        A stock stays held until `release`. Settling twice counts once (a stock follows the newer
        amount); settling what was never reserved takes it now.
        """

    @abstractmethod
    async def release(self, workspace_id: WorkspaceId, *, subject: UUID) -> None:
        """Give back all that `subject` holds; a rate that was settled stays used. Twice is fine.

        When a job ends, the database itself releases what the job's id holds; when an artifact is
        removed, what the artifact's id holds.
        """

    @abstractmethod
    async def admit_jobs(self, actor: Actor, amount: int) -> None:
        """Room for `amount` more unfinished jobs, taken; a job that ends frees its place by itself.

        Call it before the rows of those jobs are written. Raises QuotaUsedUp.
        """

    @abstractmethod
    async def forget_spent(self, workspace_id: WorkspaceId, until: datetime) -> None:
        """Drop settled reservations of windows that began by then; retries no longer need them."""

    @abstractmethod
    async def uses(self, workspace_id: WorkspaceId) -> tuple[QuotaUse, ...]:
        """All quotas of the catalogue, by name, as they stand now."""

    @abstractmethod
    async def use(self, workspace_id: WorkspaceId, quota: str) -> QuotaUse: ...

    @abstractmethod
    async def set_limit(self, actor: Actor, quota: str, limit: int | None, *, version: int) -> None:
        """A limit of the workspace's own, or None for the default. `version` as last read.

        Raises LimitChanged.
        """


class UsageLedger(Protocol):
    @abstractmethod
    async def page(
        self, workspace_id: WorkspaceId, request: PageRequest, *, quota: str | None
    ) -> Page[UsageEntry]:
        """Newest first, by id."""
