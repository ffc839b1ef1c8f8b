"""A legal hold: nothing it covers is removed, however old it is, until it is released."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Conflict, Invalid, NotFound

HoldId = NewType("HoldId", UUID)
LONGEST_REASON = 1000  # characters


class HoldNotFound(NotFound):
    code = "retention.hold-not-found"


class AlreadyHeld(Conflict):
    code = "retention.already-held"


class HoldReleased(Conflict):
    code = "retention.hold-released"


class UnderLegalHold(Conflict):
    code = "retention.under-legal-hold"


class BadReason(Invalid):
    code = "retention.bad-reason"


@dataclass(eq=False, kw_only=True)
class LegalHold:
    """`subject` is the id of the one object it covers; without it, the whole workspace."""

    id: HoldId
    workspace_id: WorkspaceId
    subject: UUID | None
    reason: str
    created_by: UserId
    created_at: datetime
    released_by: UserId | None = None
    released_at: datetime | None = None

    def __post_init__(self) -> None:
        self.reason = self.reason.strip()
        if not 1 <= len(self.reason) <= LONGEST_REASON:
            raise BadReason(f"Say in up to {LONGEST_REASON} characters why this is held.")

    def release(self, by: UserId, now: datetime) -> None:
        if self.released_at is not None:
            raise HoldReleased("This hold was already released.")
        self.released_by, self.released_at = by, now
