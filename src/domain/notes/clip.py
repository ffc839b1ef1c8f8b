"""A clip: a span of a video by reference; the file is cut when somebody first wants it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from domain.artifacts.artifact import ArtifactId
from domain.identity.access import UserId, WorkspaceId
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.notes.media import Span
from domain.notes.note import NoteId

ClipId = NewType("ClipId", UUID)
LONGEST_MS: Final = 30 * 60_000
SHORTEST_MS: Final = 200


class ClipNotFound(NotFound):
    code = "notes.clip-not-found"


class BadSpan(Invalid):
    """Facts: `start_ms`, `end_ms`, `duration_ms`."""

    code = "notes.bad-span"


class ClipExists(Conflict):
    code = "notes.clip-exists"


@dataclass(eq=False, kw_only=True)
class Clip:
    """`cut_id` is the artifact of the cut file, once there is one; it may be gone again."""

    id: ClipId
    workspace_id: WorkspaceId
    note_id: NoteId
    start_ms: int
    end_ms: int
    title: str
    cut_id: ArtifactId | None = None
    created_by: UserId
    created_at: datetime

    @property
    def span(self) -> Span:
        return Span(start_ms=self.start_ms, end_ms=self.end_ms)


def check_span(start_ms: int, end_ms: int, duration_ms: int) -> Span:
    """Raises BadSpan."""
    if not (0 <= start_ms < end_ms <= duration_ms):
        raise BadSpan(
            "A clip starts before it ends, and both lie inside the video.",
            start_ms=start_ms,
            end_ms=end_ms,
            duration_ms=duration_ms,
        )
    if not SHORTEST_MS <= end_ms - start_ms <= LONGEST_MS:
        raise BadSpan(
            "A clip lasts from 0.2 seconds to 30 minutes.",
            start_ms=start_ms,
            end_ms=end_ms,
            duration_ms=duration_ms,
        )
    return Span(start_ms=start_ms, end_ms=end_ms)
