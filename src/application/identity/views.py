"""What identity's screens show; reads need no handler."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.identity.access import ApiKeyId, Permission, Role, UserId, WorkspaceId
from domain.identity.invitation import InvitationId
from domain.kernel.pages import Page, PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    id: UserId
    email: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceView:
    id: WorkspaceId
    name: str
    allow_urls: bool
    role: Role
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    user_id: UserId
    email: str
    name: str
    role: Role
    permissions: tuple[Permission, ...]
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    id: InvitationId
    email: str
    role: Role
    invited_by: UserId | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyView:
    id: ApiKeyId
    user_id: UserId
    name: str
    role: Role
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class IdentityViews(Protocol):
    """All lists are newest first, by (created_at, id); row-level security picks what is seen."""

    @abstractmethod
    async def user(self, user_id: UserId) -> UserView: ...

    @abstractmethod
    async def workspaces_of(self, user_id: UserId) -> tuple[WorkspaceView, ...]:
        """Every workspace a user belongs to, oldest membership first."""

    @abstractmethod
    async def workspace(self, workspace_id: WorkspaceId, user_id: UserId) -> WorkspaceView:
        """Raises WorkspaceNotFound."""

    @abstractmethod
    async def members(
        self, workspace_id: WorkspaceId, request: PageRequest
    ) -> Page[MemberView]: ...

    @abstractmethod
    async def member(self, workspace_id: WorkspaceId, user_id: UserId) -> MemberView:
        """Raises MemberNotFound."""

    @abstractmethod
    async def invitations(self, request: PageRequest) -> Page[InvitationView]: ...

    @abstractmethod
    async def api_keys(self, request: PageRequest) -> Page[ApiKeyView]: ...
