"""Make anew what is missing or what somebody changed; everything else of a note is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from application.notes.stages import COMMAND_OF
from application.notes.start_note import first_part
from domain.artifacts.ports import Artifacts
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobId
from domain.jobs.ports import JobQueue
from domain.kernel.ports import Clock, UnitOfWork
from domain.notes.note import Note, NoteId, NothingToRetry, Stage
from domain.notes.parts import PartState
from domain.notes.ports import NoteParts, Notes
from domain.notes.progress import PLANNED_BY, after, ready
from domain.notes.styles import require_style


@dataclass(frozen=True, slots=True)
class NoteRerun:
    """Opens parts of a finished note again and asks for the first of them; the caller commits."""

    parts: NoteParts
    artifacts: Artifacts
    jobs: JobQueue
    clock: Clock

    async def begin(
        self, actor: Actor, note: Note, wanted: Mapping[Stage, Sequence[int] | None]
    ) -> None:
        """These shards (None: all) of these stages, and all stages that rest on them.

        What a stage before it plans anew is left to that plan, which keeps what did not change.
        """
        now = self.clock.now()
        opened: dict[Stage, Sequence[int] | None] = {**dict.fromkeys(after(wanted)), **wanted}
        note.again(opened, now)
        for stage, shards in opened.items():
            if PLANNED_BY.get(stage) not in opened:
                await self.parts.reopen(note, [stage], shards)
        if Stage.PROBE in opened:
            source = await self.artifacts.get(note.workspace_id, note.artifact_id)
            await self.parts.plan(note, [first_part(note, source.sha256)])
        root: JobId | None = None
        for part in ready(await self.parts.all(note)):
            command = COMMAND_OF[part.stage](note_id=note.id, run=note.run, shard=part.shard)
            job_id = await self.jobs.enqueue(
                actor,
                command,
                subject=note.id,
                version=note.run,
                shard=part.shard,
                root_id=root,
            )
            root = root or job_id
        if root is None:
            raise NothingToRetry("There is nothing to make anew.", status=note.status.value)
        note.started(root, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryNote:
    note_id: NoteId


@dataclass(frozen=True, slots=True)
class RetryNoteHandler:
    """Failed and unfinished parts are tried again, with what rests on them."""

    notes: Notes
    parts: NoteParts
    rerun: NoteRerun
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RetryNote) -> Note:
        actor.require(Permission.NOTES_WRITE)
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        note.require_over()
        undone = [part for part in await self.parts.all(note) if part.state is not PartState.DONE]
        if not undone:
            raise NothingToRetry("Nothing of this note failed.", status=note.status.value)
        wanted: dict[Stage, list[int]] = {}
        for part in undone:
            wanted.setdefault(part.stage, []).append(part.shard)
        await self.rerun.begin(actor, note, wanted)
        self.audit.append(actor, "notes.note-retried", object_type="note", object_id=note.id)
        await self.uow.commit()
        return note


@dataclass(frozen=True, slots=True, kw_only=True)
class RestyleNote:
    """Write the note anew in another style; nothing is listened to or read again."""

    note_id: NoteId
    style: str = field(default="study")


@dataclass(frozen=True, slots=True)
class RestyleNoteHandler:
    notes: Notes
    rerun: NoteRerun
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RestyleNote) -> Note:
        actor.require(Permission.NOTES_WRITE)
        require_style(command.style)
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        note.require_over()
        note.with_style(command.style)
        await self.rerun.begin(actor, note, {Stage.REDUCE: None})
        self.audit.append(
            actor,
            "notes.note-restyled",
            object_type="note",
            object_id=note.id,
            style=command.style,
        )
        await self.uow.commit()
        return note
