"""A file somebody gave us or a job made: written once, kept for a while, then removed."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from domain.artifacts.names import safe_file_name
from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Conflict, Gone, NotFound
from domain.kernel.retention import RetentionClass

ArtifactId = NewType("ArtifactId", UUID)


class ArtifactNotFound(NotFound):
    code = "artifacts.artifact-not-found"


class ArtifactRemoved(Gone):
    code = "artifacts.artifact-removed"


class ArtifactInUse(Conflict):
    code = "artifacts.artifact-in-use"


@dataclass(eq=False, kw_only=True)
class Artifact:
    """`key` names the object, which is there before this row is. `size` in bytes, `sha256` in hex.

    Without a `retention` class it lives as long as what uses it. `kind` says what it is, such as
    `documents.zip`; `job_id` the job that made it, `created_by` the person it was made for.
    """

    id: ArtifactId
    workspace_id: WorkspaceId
    kind: str
    key: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    retention: RetentionClass | None
    created_at: datetime
    job_id: UUID | None = None
    created_by: UserId | None = None
    removed_at: datetime | None = None

    def __post_init__(self) -> None:
        self.file_name = safe_file_name(self.file_name)

    def require_present(self) -> None:
        """Raises ArtifactRemoved between the decision to remove it and the end of its row."""
        if self.removed_at is not None:
            raise ArtifactRemoved("This file was removed.", removed_at=self.removed_at.isoformat())

    def remove(self, now: datetime) -> None:
        """Nobody can read it from here on; the bytes follow within the hour."""
        self.require_present()
        self.removed_at = now
