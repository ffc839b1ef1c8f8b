"""Correct a segment or name a speaker: the pages follow at once, the summary where it must."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from application.notes.retry_note import NoteRerun
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.errors import Invalid, PreconditionFailed
from domain.kernel.ports import UnitOfWork
from domain.notes.correction import corrected_words
from domain.notes.note import Note, NoteId, Stage
from domain.notes.parts import Part
from domain.notes.ports import NoteParts, Notes, Transcripts
from domain.notes.transcript import Segment, SegmentNotFound
from domain.notes.writing import one_line

LONGEST_TEXT = 5_000


class BadSegmentText(Invalid):
    code = "notes.bad-segment-text"


class SegmentChanged(PreconditionFailed):
    """Facts: `text` as it is now."""

    code = "notes.segment-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditSegment:
    """`expected` is the text the editor saw, if anybody cares that nobody else was faster."""

    note_id: NoteId
    number: int
    text: str
    speaker: str | None = None
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class EditSegmentHandler:
    """Only the passage that holds the segment is read again."""

    notes: Notes
    parts: NoteParts
    transcripts: Transcripts
    rerun: NoteRerun
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: EditSegment) -> Segment:
        actor.require(Permission.NOTES_WRITE)
        text = one_line(command.text)
        if not 0 < len(text) <= LONGEST_TEXT:
            raise BadSegmentText(f"A segment has 1 to {LONGEST_TEXT} characters.")
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        note.require_over()
        segment = await self._segment(note, command)
        edited = _edited(segment, text, command.speaker)
        await self.transcripts.edit(note, edited)
        passages = await self.parts.of(note, Stage.MAP)
        shards = [part.shard for part in passages if _holds(part, segment.number)]
        if shards and text != segment.text:
            await self.rerun.begin(actor, note, {Stage.MAP: shards})
        else:
            await self.rerun.begin(actor, note, {Stage.RENDER: None})
        self.audit.append(
            actor,
            "notes.segment-edited",
            object_type="note",
            object_id=note.id,
            segment=segment.number,
        )
        await self.uow.commit()
        return edited

    async def _segment(self, note: Note, command: EditSegment) -> Segment:
        found = await self.transcripts.segments(note, after=command.number - 1, limit=1)
        if not found or found[0].number != command.number:
            raise SegmentNotFound(f"There is no segment {command.number}.")
        if command.expected is not None and command.expected != found[0].text:
            raise SegmentChanged("Someone else changed this segment first.", text=found[0].text)
        return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSpeakers:
    """Labels of the transcript by the names people know; an empty name takes one back."""

    note_id: NoteId
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NameSpeakersHandler:
    notes: Notes
    rerun: NoteRerun
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: NameSpeakers) -> Note:
        actor.require(Permission.NOTES_WRITE)
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        note.require_over()
        known = {
            **note.speakers,
            **{one_line(label): one_line(name) for label, name in command.names.items()},
        }
        note.speakers = {label: name for label, name in known.items() if name}
        await self.rerun.begin(actor, note, {Stage.RENDER: None})
        self.audit.append(actor, "notes.speakers-named", object_type="note", object_id=note.id)
        await self.uow.commit()
        return note


def _edited(segment: Segment, text: str, speaker: str | None) -> Segment:
    """Words that stay keep their times; the others share what is between them."""
    words = segment.words if text == segment.text else corrected_words(text, segment)
    return replace(
        segment,
        text=text,
        words=words,
        speaker=one_line(speaker or "") or segment.speaker,
        edited=True,
    )


def _holds(part: Part, number: int) -> bool:
    return int(part.result.get("first", 0)) <= number <= int(part.result.get("last", -1))
