"""Begin a note: everything that can be made from a video is made in the background."""

from dataclasses import dataclass, field

from application.notes.stages import ProbeVideo
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.jobs.ports import JobQueue
from domain.kernel.ports import Clock, Ids, UnitOfWork
from domain.notes.note import Note, NoteId, NoteOptions, Stage
from domain.notes.parts import Part, digest_of
from domain.notes.ports import NoteParts, Notes, Videos
from domain.notes.styles import require_style
from domain.notes.video import LONGEST_TITLE, VideoId
from domain.notes.writing import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class StartNote:
    video_id: VideoId
    title: str = ""
    options: NoteOptions = field(default_factory=NoteOptions)


@dataclass(frozen=True, slots=True)
class StartNoteHandler:
    videos: Videos
    notes: Notes
    parts: NoteParts
    artifacts: Artifacts
    jobs: JobQueue
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, command: StartNote) -> Note:
        actor.require(Permission.NOTES_WRITE)
        require_style(command.options.style)
        video = await self.videos.get(actor.workspace_id, command.video_id)
        source = await self.artifacts.get(actor.workspace_id, video.artifact_id)
        now = self.clock.now()
        note = Note(
            id=NoteId(self.ids.new()),
            workspace_id=actor.workspace_id,
            video_id=video.id,
            artifact_id=source.id,
            user_id=actor.user_id,
            title=one_line(command.title)[:LONGEST_TITLE] or video.title,
            options=command.options,
            created_at=now,
            updated_at=now,
        )
        self.notes.add(note)
        probe = ProbeVideo(note_id=note.id, run=note.run)
        note.started(await self.jobs.enqueue(actor, probe, subject=note.id), now)
        await self.parts.plan(note, [first_part(note, source.sha256)])
        self.audit.append(
            actor,
            "notes.note-started",
            object_type="note",
            object_id=note.id,
            video=str(video.id),
        )
        await self.uow.commit()
        return note


def first_part(note: Note, sha256: str) -> Part:
    asked = (note.options.audio_track, note.options.speech_language, note.options.captions)
    return Part(stage=Stage.PROBE, input=digest_of(sha256, *asked))
