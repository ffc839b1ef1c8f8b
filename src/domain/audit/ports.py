"""The audit trail, for those who write it and those who read it."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.audit.entry import AuditEntry
from domain.identity.access import ApiKeyId, UserId, WorkspaceId
from domain.kernel.pages import Page, PageRequest


class Author(Protocol):
    """Whom an entry names: an actor, or the platform itself (no user)."""

    @property
    def user_id(self) -> UserId | None: ...

    @property
    def workspace_id(self) -> WorkspaceId: ...

    @property
    def api_key_id(self) -> ApiKeyId | None: ...


@dataclass(frozen=True, slots=True)
class Platform:
    """Writes about what it did in a workspace on its own account, such as retention."""

    workspace_id: WorkspaceId
    user_id: None = None
    api_key_id: None = None


class AuditLog(Protocol):
    @abstractmethod
    def append(
        self, actor: Author, action: str, *, object_type: str, object_id: object, **facts: object
    ) -> None:
        """Add one entry in the caller's transaction; request and network are filled in.

        `action` reads `context.verb-done`, like `documents.template-uploaded`. Facts are JSON
        values, short, and never secret or personal beyond ids.
        """


class AuditTrail(Protocol):
    """Reads of the current workspace's trail."""

    @abstractmethod
    async def page(
        self,
        request: PageRequest,
        *,
        action: str | None = None,
        actor_id: UserId | None = None,
        object_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[AuditEntry]:
        """Newest first, by (at, id)."""

    @abstractmethod
    async def sealed(self, after_seq: int, limit: int) -> tuple[AuditEntry, ...]:
        """Sealed entries in the order of the chain."""

    @abstractmethod
    async def head(self) -> tuple[int, bytes]:
        """Sequence number and hash of the last sealed entry; (0, 32 zero bytes) when none is."""


class AuditSealer(Protocol):
    @abstractmethod
    async def seal(self) -> int:
        """Seal what was appended, in every workspace; answers how many entries. Commits."""
