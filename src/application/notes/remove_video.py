"""Remove a video, or a note: rows at once, files with the next sweep."""

from contextlib import suppress
from dataclasses import dataclass

from domain.artifacts.artifact import ArtifactId, ArtifactNotFound, ArtifactRemoved
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission, WorkspaceId
from domain.kernel.ports import Clock, UnitOfWork
from domain.notes.note import NoteId
from domain.notes.ports import Clips, Findings, Notes, Videos
from domain.notes.video import VideoId
from domain.retention.ports import LegalHolds


@dataclass(frozen=True, slots=True)
class FileRemoval:
    """Marks files for removal, for use cases that own them; the caller commits."""

    artifacts: Artifacts
    holds: LegalHolds
    clock: Clock

    async def __call__(self, workspace_id: WorkspaceId, *ids: ArtifactId | None) -> None:
        """What is gone already is fine. Raises UnderLegalHold."""
        for artifact_id in ids:
            if artifact_id is None:
                continue
            await self.holds.require_free(workspace_id, artifact_id)
            with suppress(ArtifactNotFound, ArtifactRemoved):
                artifact = await self.artifacts.get(workspace_id, artifact_id)
                artifact.remove(self.clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveVideo:
    video_id: VideoId


@dataclass(frozen=True, slots=True)
class RemoveVideoHandler:
    videos: Videos
    files: FileRemoval
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RemoveVideo) -> None:
        actor.require(Permission.NOTES_DELETE)
        video = await self.videos.get(actor.workspace_id, command.video_id)
        await self.videos.remove(video)
        await self.files(actor.workspace_id, video.artifact_id, video.captions_id)
        self.audit.append(
            actor,
            "notes.video-removed",
            object_type="video",
            object_id=video.id,
            sha256=video.sha256,
        )
        await self.uow.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveNote:
    note_id: NoteId


@dataclass(frozen=True, slots=True)
class RemoveNoteHandler:
    notes: Notes
    findings: Findings
    clips: Clips
    files: FileRemoval
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RemoveNote) -> None:
        actor.require(Permission.NOTES_WRITE)
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        note.require_over()
        pictures = [each.image_id for each in await self.findings.screenshots(note)]
        cuts = [clip.cut_id for clip in await self.clips.of(note)]
        await self.notes.remove(note)
        await self.files(actor.workspace_id, *note.output_ids(), *pictures, *cuts)
        self.audit.append(actor, "notes.note-removed", object_type="note", object_id=note.id)
        await self.uow.commit()
