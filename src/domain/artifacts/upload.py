"""A large file on its way in, piece by piece; its row is the lock that writers hold."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from domain.artifacts.artifact import ArtifactId
from domain.artifacts.growing import Growth
from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Conflict, Gone, Invalid, Locked, NotFound, TooLarge

UploadId = NewType("UploadId", UUID)

IDLE: Final = timedelta(hours=24)  # without a byte, then it is abandoned
LONGEST: Final = timedelta(days=7)  # however much goes on
LEASE: Final = timedelta(seconds=10)  # of a writer; renewed while bytes flow
DEFAULT_KIND: Final = "upload"


class UploadNotFound(NotFound):
    code = "artifacts.upload-not-found"


class UploadExpired(Gone):
    """Facts: `expired_at`."""

    code = "artifacts.upload-expired"


class UploadEnded(Gone):
    """It was refused when it was complete; facts: `reason`, a code."""

    code = "artifacts.upload-ended"


class UploadLocked(Locked):
    code = "artifacts.upload-locked"


class WrongOffset(Conflict):
    """Facts: `offset`, where the next piece begins."""

    code = "artifacts.wrong-offset"


class UploadComplete(Conflict):
    code = "artifacts.upload-complete"


class UploadIncomplete(Conflict):
    """Facts: `received`, `length`."""

    code = "artifacts.upload-incomplete"


class UploadTooLarge(TooLarge):
    code = "artifacts.upload-too-large"


class EmptyUpload(Invalid):
    code = "artifacts.empty-upload"


class NotDirect(Conflict):
    """Its bytes go through us, not straight to the bucket."""

    code = "artifacts.not-direct"


class UploadStatus(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFacts:
    """`sent` is the metadata as the sender wrote it; `reason` why it was refused at the end."""

    sent: str = ""
    direct: bool = False
    duplicate: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """`received` bytes are safe; `growth` is how the store remembers them. `sha256` is declared."""

    id: UploadId
    workspace_id: WorkspaceId
    created_by: UserId
    kind: str
    key: str
    file_name: str
    media_type: str
    length: int
    sha256: str | None
    created_at: datetime
    expires_at: datetime
    received: int = 0
    status: UploadStatus = UploadStatus.OPEN
    growth: Growth = field(default_factory=Growth)
    facts: UploadFacts = field(default_factory=UploadFacts)
    artifact_id: ArtifactId | None = None

    @property
    def is_full(self) -> bool:
        return self.received == self.length

    def require_known(self, now: datetime) -> None:
        """Raises UploadExpired, UploadEnded."""
        if self.status is UploadStatus.ABORTED:
            raise UploadEnded("This upload was refused; begin again.", reason=self.facts.reason)
        if self.status is UploadStatus.OPEN and self.expires_at <= now:
            raise UploadExpired(
                "This upload was left alone for too long; begin again.",
                expired_at=self.expires_at.isoformat(),
            )

    def require_direct(self) -> None:
        if not self.facts.direct:
            raise NotDirect("This upload goes through the API; send its bytes with PATCH.")

    def require_place_for(self, offset: int, size: int | None) -> None:
        """Raises WrongOffset, UploadTooLarge; `size` where the sender says it beforehand."""
        if self.facts.direct:
            raise NotDirect("This upload goes straight to the bucket; ask for its addresses.")
        if offset != self.received:
            raise WrongOffset(
                f"The next piece begins at byte {self.received}.", offset=self.received
            )
        self.require_room(offset + (size or 0))

    def require_room(self, end: int) -> None:
        if end > self.length:
            raise UploadTooLarge(
                f"This upload has {self.length} bytes; more were sent.", limit=self.length
            )

    def require_open(self) -> None:
        if self.status is not UploadStatus.OPEN:
            raise UploadComplete("This upload is complete.")

    def grown(self, growth: Growth, now: datetime) -> "Upload":
        return replace(self, growth=growth, received=growth.size, expires_at=self._alive_until(now))

    def completed(self, artifact_id: ArtifactId, *, duplicate: bool, now: datetime) -> "Upload":
        return replace(
            self,
            status=UploadStatus.COMPLETE,
            artifact_id=artifact_id,
            facts=replace(self.facts, duplicate=duplicate),
            expires_at=now + IDLE,
        )

    def refused(self, reason: str, now: datetime) -> "Upload":
        return replace(
            self,
            status=UploadStatus.ABORTED,
            facts=replace(self.facts, reason=reason),
            expires_at=now + IDLE,
        )

    def _alive_until(self, now: datetime) -> datetime:
        return min(now + IDLE, self.created_at + LONGEST)


def check_length(length: int, most: int) -> int:
    """Raises EmptyUpload, UploadTooLarge."""
    if length > most:
        raise UploadTooLarge(f"An upload has at most {most} bytes.", limit=most)
    if length == 0:
        raise EmptyUpload("The file is empty.")
    return length
