"""A video (or a recording) somebody gave us; notes are made from it, as often as wanted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from domain.artifacts.artifact import ArtifactId
from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Conflict, NotFound
from domain.notes.media import MediaFacts

VideoId = NewType("VideoId", UUID)
LONGEST_TITLE: Final = 200


class VideoNotFound(NotFound):
    code = "notes.video-not-found"


class VideoInUse(Conflict):
    """Notes were made from it, or are just being made."""

    code = "notes.video-in-use"


@dataclass(eq=False, kw_only=True)
class Video:
    """`artifact_id` is the file itself, `captions_id` a caption file that came with it.

    `facts` are None until the first note has looked at it. The file goes after its retention; the
    video and its notes stay.
    """

    id: VideoId
    workspace_id: WorkspaceId
    user_id: UserId
    artifact_id: ArtifactId
    captions_id: ArtifactId | None = None
    title: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    facts: MediaFacts | None = None
    created_at: datetime
    updated_at: datetime

    def rename(self, title: str, now: datetime) -> None:
        self.title, self.updated_at = title, now

    def examined(self, facts: MediaFacts, now: datetime) -> None:
        self.facts, self.updated_at = facts, now
