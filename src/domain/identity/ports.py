"""What identity needs from the outside."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.identity.access import Credential, Role, SessionId, UserId, WorkspaceId
from domain.identity.account import Credentials
from domain.identity.api_key import ApiKey, ApiKeyId
from domain.identity.invitation import Invitation, InvitationId
from domain.identity.workspace import Membership, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    user_id: UserId
    session_id: SessionId
    workspace_id: WorkspaceId | None
    expires_at: datetime


class AccessTokens(Protocol):
    """Short-lived signed tokens, each bound to one session and one workspace."""

    @abstractmethod
    def issue(self, claims: AccessClaims) -> str: ...

    @abstractmethod
    def read(self, token: str) -> AccessClaims:
        """Raises InvalidToken, whatever is wrong with it."""


class Secrets(Protocol):
    @abstractmethod
    def new(self, kind: str) -> str:
        """A fresh secret of 256 random bits, like `atl_<kind>_…`."""


class Passwords(Protocol):
    """Slow on purpose; runs beside the caller, a few at a time."""

    @abstractmethod
    async def hash(self, password: str) -> str: ...

    @abstractmethod
    async def matches(self, password: str, password_hash: str | None) -> bool:
        """None (nobody by that name) takes as long as a wrong password."""

    @abstractmethod
    def is_outdated(self, password_hash: str) -> bool:
        """It was made with weaker parameters than today's."""


class Attempts(Protocol):
    @abstractmethod
    async def spend(self, account: str, network: str | None) -> None:
        """Count one attempt against an account and a network. Raises TooManyAttempts."""


class Principals(Protocol):
    @abstractmethod
    async def become(self, user_id: UserId, workspace_id: WorkspaceId | None) -> None:
        """From here on, in this transaction and the next ones, the database sees this user.

        Only after they proved who they are.
        """


class Accounts(Protocol):
    @abstractmethod
    async def register(
        self,
        user_id: UserId,
        *,
        email: str,
        name: str,
        password_hash: str,
        invitation_hash: bytes | None,
    ) -> None:
        """Raises EmailTaken, or RegistrationClosed when an invitation is needed and none fits."""

    @abstractmethod
    async def credentials(self, email: str) -> Credentials | None: ...

    @abstractmethod
    async def email_of(self, user_id: UserId) -> str: ...

    @abstractmethod
    async def rename(self, user_id: UserId, name: str) -> None: ...

    @abstractmethod
    async def change_password(self, user_id: UserId, password_hash: str) -> None: ...

    @abstractmethod
    async def remember_workspace(self, user_id: UserId, workspace_id: WorkspaceId) -> None: ...


class ExpirySweep(Protocol):
    @abstractmethod
    async def sweep(self) -> int:
        """Remove answers, tickets, sessions, invitations past their time. Answers how many."""


class RotationOutcome(StrEnum):
    ROTATED = "rotated"
    SAME = "same"  # asked again within the grace: the successor of the first time
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    ENDED = "ended"
    REUSED = "reused"  # the session is now ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The session is None only for an unknown token; `sealed` is there when one may go on."""

    outcome: RotationOutcome
    user_id: UserId | None = None
    session_id: SessionId | None = None
    workspace_id: WorkspaceId | None = None
    sealed: bytes | None = None


class Sessions(Protocol):
    @abstractmethod
    async def open(
        self,
        session_id: SessionId,
        *,
        user_id: UserId,
        workspace_id: WorkspaceId | None,
        client: str,
        token_hash: bytes,
        now: datetime,
    ) -> None: ...

    @abstractmethod
    async def rotate(
        self,
        old_hash: bytes,
        *,
        new_hash: bytes,
        sealed: bytes,
        client: str,
        idle: timedelta,
        grace: timedelta,
    ) -> Rotation: ...

    @abstractmethod
    async def switch(self, session_id: SessionId, workspace_id: WorkspaceId) -> None: ...

    @abstractmethod
    async def end(self, token_hash: bytes) -> tuple[UserId, WorkspaceId | None] | None:
        """End the session a refresh token belongs to; answers whose it was, None if none lived."""

    @abstractmethod
    async def end_others(self, user_id: UserId, but: SessionId) -> int:
        """End every other session of a user; answers how many."""


class Workspaces(Protocol):
    @abstractmethod
    async def found(self, workspace_id: WorkspaceId, name: str) -> None:
        """Make a workspace owned by the current user."""

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId) -> Workspace:
        """Raises WorkspaceNotFound, also when the user is no member."""


class Memberships(Protocol):
    @abstractmethod
    async def role_in(self, workspace_id: WorkspaceId, user_id: UserId) -> Role | None: ...

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, user_id: UserId) -> Membership:
        """Raises MemberNotFound."""

    @abstractmethod
    async def has_email(self, workspace_id: WorkspaceId, email: str) -> bool: ...

    @abstractmethod
    async def remove(self, membership: Membership) -> None:
        """Keys and open tickets of the member go with it. Raises LastOwner."""

    @abstractmethod
    async def remove_all(self, workspace_id: WorkspaceId) -> None:
        """For a workspace that was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    invitation_id: InvitationId
    workspace_id: WorkspaceId
    role: Role


class Invitations(Protocol):
    @abstractmethod
    async def add(self, invitation: Invitation) -> None:
        """Raises AlreadyInvited when an open invitation to this address exists."""

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, invitation_id: InvitationId) -> Invitation:
        """Raises InvitationNotFound."""

    @abstractmethod
    async def revoke_open(self, workspace_id: WorkspaceId, email: str, now: datetime) -> None:
        """Revoke whatever invitation to this address is still unused."""

    @abstractmethod
    async def accept(self, token_hash: bytes) -> Acceptance:
        """Make the current user a member, if the address is theirs.

        Raises InvitationNotFound (also for another's address) or InvitationOver.
        """


class ApiKeys(Protocol):
    @abstractmethod
    def add(self, key: ApiKey) -> None: ...

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, key_id: ApiKeyId) -> ApiKey:
        """Raises ApiKeyNotFound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHolder:
    user_id: UserId
    workspace_id: WorkspaceId
    max_rank: int
    credential: Credential


class Tickets(Protocol):
    """One-time tickets that open a WebSocket, where no header can carry a token."""

    @abstractmethod
    async def add(self, holder: TicketHolder, ticket_hash: bytes) -> None:
        """Good for 30 seconds."""

    @abstractmethod
    async def redeem(self, ticket_hash: bytes) -> TicketHolder:
        """Works once. Raises InvalidToken. Commits."""
