"""Take an uploaded file in as a video; the same file again is the same video."""

from dataclasses import dataclass
from pathlib import PurePath

from domain.artifacts.artifact import Artifact, ArtifactId, ArtifactNotFound, ArtifactRemoved
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.errors import Invalid
from domain.kernel.ports import Clock, Ids, UnitOfWork
from domain.notes.ports import Videos
from domain.notes.video import LONGEST_TITLE, Video, VideoId
from domain.notes.writing import one_line


class NotAVideo(Invalid):
    """Facts: `media_type`."""

    code = "notes.not-a-video"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddVideo:
    """`title` empty: like the file. `captions_id` is an uploaded .srt, .vtt or .ass file."""

    artifact_id: ArtifactId
    captions_id: ArtifactId | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    video: Video
    new: bool


@dataclass(frozen=True, slots=True)
class AddVideoHandler:
    videos: Videos
    artifacts: Artifacts
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, command: AddVideo) -> Added:
        actor.require(Permission.NOTES_WRITE)
        source = await self.artifacts.get(actor.workspace_id, command.artifact_id)
        if not source.media_type.startswith(("video/", "audio/")):
            raise NotAVideo(
                f"A file of type {source.media_type} is neither video nor sound.",
                media_type=source.media_type,
            )
        if command.captions_id is not None:
            await self.artifacts.get(actor.workspace_id, command.captions_id)
        known = await self.videos.with_content(actor.workspace_id, source.sha256)
        if known is not None:
            await self._again(known, source, command)
            return Added(video=known, new=False)
        video = self._new(actor, source, command)
        self.videos.add(video)
        self.audit.append(
            actor, "notes.video-added", object_type="video", object_id=video.id, size=video.size
        )
        await self.uow.commit()
        return Added(video=video, new=True)

    async def _again(self, known: Video, source: Artifact, command: AddVideo) -> None:
        """Its first file may have grown too old and be gone; the new one stands in for it."""
        now = self.clock.now()
        try:
            await self.artifacts.get(known.workspace_id, known.artifact_id)
        except (ArtifactNotFound, ArtifactRemoved):
            known.artifact_id, known.updated_at = source.id, now
        if command.captions_id is not None:
            known.captions_id, known.updated_at = command.captions_id, now
        await self.uow.commit()

    def _new(self, actor: Actor, source: Artifact, command: AddVideo) -> Video:
        now = self.clock.now()
        title = one_line(command.title) or one_line(PurePath(source.file_name).stem)
        return Video(
            id=VideoId(self.ids.new()),
            workspace_id=actor.workspace_id,
            user_id=actor.user_id,
            artifact_id=source.id,
            captions_id=command.captions_id,
            title=title[:LONGEST_TITLE] or "Untitled",
            file_name=source.file_name,
            media_type=source.media_type,
            size=source.size,
            sha256=source.sha256,
            created_at=now,
            updated_at=now,
        )
