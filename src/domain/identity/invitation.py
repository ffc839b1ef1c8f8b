"""An invitation: one address, one role, one link that works once and for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from domain.identity.access import Role, UserId, WorkspaceId
from domain.kernel.errors import Conflict, Gone, NotFound

InvitationId = NewType("InvitationId", UUID)
INVITATION_LIFETIME: Final = timedelta(days=7)


class InvitationNotFound(NotFound):
    code = "identity.invitation-not-found"


class InvitationOver(Gone):
    code = "identity.invitation-over"


class AlreadyInvited(Conflict):
    code = "identity.already-invited"


class AlreadyMember(Conflict):
    code = "identity.already-a-member"


class InvitationStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(eq=False, kw_only=True)
class Invitation:
    id: InvitationId
    workspace_id: WorkspaceId
    email: str
    role: Role
    token_hash: bytes
    invited_by: UserId | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None

    def status(self, now: datetime) -> InvitationStatus:
        if self.accepted_at is not None:
            return InvitationStatus.ACCEPTED
        if self.revoked_at is not None:
            return InvitationStatus.REVOKED
        return InvitationStatus.OPEN if now < self.expires_at else InvitationStatus.EXPIRED

    def revoke(self, now: datetime) -> None:
        """Revoking twice is fine; a used invitation is past revoking."""
        if self.accepted_at is not None:
            raise InvitationOver("This invitation was accepted; remove the member instead.")
        self.revoked_at = self.revoked_at or now
