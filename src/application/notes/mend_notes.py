"""By the clock: take up notes that nothing works on any more, so that nobody waits in vain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from application.notes.desk import OPTIONAL, missing
from application.notes.stages import COMMAND_OF
from domain.identity.access import Permission
from domain.jobs.ports import JobQueue
from domain.jobs.system import SystemActor
from domain.kernel.ports import Clock, UnitOfWork
from domain.notes.note import Note, NoteId, NoteStatus
from domain.notes.parts import Part, PartState
from domain.notes.ports import NoteParts, Notes
from domain.notes.progress import ready

PATIENCE: Final = timedelta(minutes=2)  # between the last sign of life and our coming
_GAVE_UP: Final = {
    "code": "notes.gave-up",
    "message": "The work was given up after several tries; retry the note to go on from there.",
    "facts": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MendNotes:
    pass


@dataclass(frozen=True, slots=True)
class MendNotesHandler:
    """Idempotent: asks for one mending of a note a minute."""

    notes: Notes
    jobs: JobQueue
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: SystemActor, command: MendNotes) -> None:
        actor.require(Permission.NOTES_WRITE)
        minute = int(self.clock.now().timestamp()) // 60
        for workspace_id, note_id in await self.notes.stalled(PATIENCE):
            await self.jobs.enqueue(
                SystemActor(workspace_id=workspace_id),
                MendNote(note_id=note_id),
                subject=note_id,
                version=minute,
            )
        await self.uow.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class MendNote:
    note_id: NoteId


@dataclass(frozen=True, slots=True)
class MendNoteHandler:
    """Idempotent: a part is given up once. What the note can do without is given up alone."""

    notes: Notes
    parts: NoteParts
    jobs: JobQueue
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: SystemActor, command: MendNote) -> None:
        actor.require(Permission.NOTES_WRITE)
        assert actor.workspace_id is not None  # noqa: S101 - it is enqueued in a workspace
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        here = (actor.workspace_id, command.note_id)
        if note.status is not NoteStatus.PROCESSING or here not in await self.notes.stalled(
            PATIENCE
        ):
            return  # an earlier mending, or a person, was faster: somebody works on it again
        lost = ready(await self.parts.all(note))
        if not lost or any(part.stage not in OPTIONAL for part in lost):
            note.fail(_GAVE_UP, self.clock.now())
        else:
            await self._go_on_without(note, lost)
        await self.uow.commit()

    async def _go_on_without(self, note: Note, lost: Sequence[Part]) -> None:
        for part in lost:
            note.warn(missing(part.stage, part.shard, str(_GAVE_UP["code"])))
            failed = replace(part, state=PartState.FAILED, error=_GAVE_UP, done_at=self.clock.now())
            await self.parts.land(note, failed)
        for part in ready(await self.parts.all(note)):
            await self.jobs.enqueue(
                SystemActor(workspace_id=note.workspace_id, user_id=note.user_id),
                COMMAND_OF[part.stage](note_id=note.id, run=note.run, shard=part.shard),
                subject=note.id,
                version=note.run,
                shard=part.shard,
                root_id=note.root_job_id,
            )
