"""Clips: named by reference at once, cut when somebody first wants the file."""

from dataclasses import dataclass

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.notes.remove_video import FileRemoval
from domain.artifacts.artifact import Artifact, ArtifactNotFound, ArtifactRemoved
from domain.artifacts.keys import artifact_key
from domain.artifacts.ports import Artifacts, BlobInfo
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.errors import NotFound
from domain.kernel.ports import Clock, Ids, UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.notes.clip import Clip, ClipId, check_span
from domain.notes.media import MediaFacts, Span
from domain.notes.note import Note, NoteId, NoteNotReady
from domain.notes.ports import Clips, CutOrder, Findings, MediaEngine, Notes, Videos
from domain.notes.writing import one_line

AUDIO_CLIP = "audio/mp4"


class HighlightNotFound(NotFound):
    code = "notes.highlight-not-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameClip:
    """A span of the note's video, or one of its highlights."""

    note_id: NoteId
    start_ms: int = 0
    end_ms: int = 0
    highlight: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class NameClipHandler:
    """The same span is the same clip."""

    notes: Notes
    videos: Videos
    findings: Findings
    clips: Clips
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, command: NameClip) -> Clip:
        actor.require(Permission.NOTES_WRITE)
        note = await self.notes.get(actor.workspace_id, command.note_id)
        facts = await facts_of_note(self.videos, note)
        title, span = await self._span(note, command, facts)
        known = await self.clips.find(note, span)
        if known is not None:
            return known
        clip = Clip(
            id=ClipId(self.ids.new()),
            workspace_id=actor.workspace_id,
            note_id=note.id,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            title=title,
            created_by=actor.user_id,
            created_at=self.clock.now(),
        )
        await self.clips.add(clip)
        self.audit.append(actor, "notes.clip-named", object_type="clip", object_id=clip.id)
        await self.uow.commit()
        return clip

    async def _span(self, note: Note, command: NameClip, facts: MediaFacts) -> tuple[str, Span]:
        title = one_line(command.title)
        if command.highlight is None:
            span = check_span(command.start_ms, command.end_ms, facts.duration_ms)
            return title, span
        for each in await self.findings.highlights(note):
            if each.number == command.highlight:
                span = Span(start_ms=each.start_ms, end_ms=each.end_ms)
                return title or each.title, span
        raise HighlightNotFound(f"There is no highlight {command.highlight}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClip:
    clip_id: ClipId


@dataclass(frozen=True, slots=True)
class OpenClipHandler:
    """The file of a clip, cut now if nobody wanted it before or it is gone again."""

    notes: Notes
    videos: Videos
    clips: Clips
    artifacts: Artifacts
    shelf: ArtifactShelf
    media: MediaEngine
    uow: UnitOfWork
    ids: Ids

    async def __call__(self, actor: Actor, command: OpenClip) -> Artifact:
        actor.require(Permission.NOTES_WRITE)
        clip = await self.clips.get(actor.workspace_id, command.clip_id)
        made = await self._made(clip)
        return made if made is not None else await self._cut(actor, clip)

    async def _made(self, clip: Clip) -> Artifact | None:
        if clip.cut_id is None:
            return None
        try:
            return await self.artifacts.get(clip.workspace_id, clip.cut_id)
        except (ArtifactNotFound, ArtifactRemoved):
            return None

    async def _cut(self, actor: Actor, clip: Clip) -> Artifact:
        note = await self.notes.get(actor.workspace_id, clip.note_id)
        facts = await facts_of_note(self.videos, note)
        source = await self.artifacts.get(actor.workspace_id, note.artifact_id)
        await self.uow.commit()  # no transaction stays open while it is cut
        ending = "m4a" if facts.video is None else "mp4"
        # nobody's job: an id of its own keeps rivals apart, and the loser's object is swept
        key = artifact_key(actor.workspace_id, self.ids.new(), 0, f"clip.{ending}")
        cut = await self.media.cut(
            CutOrder(source_key=source.key, facts=facts, span=clip.span, key=key)
        )
        artifact = await self.shelf.record(
            actor,
            NewArtifact(
                kind="notes.clip",
                blob=BlobInfo(key=cut.key, size=cut.size, sha256=cut.sha256),
                file_name=f"{clip.title or note.title}.{ending}",
                media_type=AUDIO_CLIP if facts.video is None else "video/mp4",
                retention=RetentionClass.ARTIFACT,
            ),
        )
        clip = await self.clips.get(actor.workspace_id, clip.id)
        clip.cut_id = artifact.id
        await self.uow.commit()
        return artifact


async def facts_of_note(videos: Videos, note: Note) -> MediaFacts:
    """Raises NoteNotReady before anybody has looked into the file."""
    video = await videos.get(note.workspace_id, note.video_id)
    if video.facts is None:
        raise NoteNotReady("The video was not looked into yet.", status=note.status.value)
    return video.facts


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveClip:
    clip_id: ClipId


@dataclass(frozen=True, slots=True)
class RemoveClipHandler:
    clips: Clips
    files: FileRemoval
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RemoveClip) -> None:
        actor.require(Permission.NOTES_WRITE)
        clip = await self.clips.get(actor.workspace_id, command.clip_id)
        await self.clips.remove(clip)
        await self.files(actor.workspace_id, clip.cut_id)
        self.audit.append(actor, "notes.clip-removed", object_type="clip", object_id=clip.id)
        await self.uow.commit()
