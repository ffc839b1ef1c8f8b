"""Uploads under way, as records that are locks."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.artifacts.ports import BlobInfo
from domain.artifacts.upload import Upload, UploadId
from domain.identity.access import WorkspaceId


class Uploads(Protocol):
    """Nothing commits. Leases run by the database's clock."""

    @abstractmethod
    async def add(self, upload: Upload) -> None: ...

    @abstractmethod
    async def get(self, workspace_id: WorkspaceId, upload_id: UploadId) -> Upload:
        """Raises UploadNotFound, also for one of another workspace."""

    @abstractmethod
    async def claim(self, workspace_id: WorkspaceId, upload_id: UploadId, holder: UUID) -> Upload:
        """The upload, and the right to write to it for a moment. Raises UploadLocked."""

    @abstractmethod
    async def save(self, upload: Upload, holder: UUID, *, keep: bool) -> None:
        """What changed; the lease begins anew (`keep`) or ends.

        Raises UploadLocked when somebody else has it by now.
        """

    @abstractmethod
    async def renew(self, upload: Upload, holder: UUID) -> None:
        """Raises UploadLocked when somebody else has it by now."""

    @abstractmethod
    async def release(self, upload: Upload, holder: UUID) -> None:
        """The lease ends, if it is still ours."""

    @abstractmethod
    async def remove(self, upload: Upload) -> None: ...

    @abstractmethod
    async def expired(
        self, workspace_id: WorkspaceId, now: datetime, limit: int
    ) -> Sequence[Upload]:
        """The oldest whose time is over and whom nobody writes to; locked until the commit."""

    @abstractmethod
    async def same_content(self, workspace_id: WorkspaceId, sha256: str) -> BlobInfo | None:
        """An object of people's files with these bytes, if it may be shared.

        Whoever asks for the same bytes meanwhile waits until the commit.
        """
