"""Stop a note: what is made stays, what is not never is."""

from contextlib import suppress
from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.jobs.job import JobAlreadyFinished
from domain.jobs.ports import Jobs
from domain.kernel.ports import Clock, UnitOfWork
from domain.notes.note import Note, NoteId
from domain.notes.ports import Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelNote:
    note_id: NoteId


@dataclass(frozen=True, slots=True)
class CancelNoteHandler:
    notes: Notes
    jobs: Jobs
    audit: AuditLog
    uow: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, command: CancelNote) -> Note:
        actor.require(Permission.NOTES_WRITE)
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        note.cancel(self.clock.now())
        self.audit.append(actor, "notes.note-cancelled", object_type="note", object_id=note.id)
        # stages lock their job, then the note, then the story of the run: a transaction that holds
        # both the note and a job would deadlock with them
        await self.uow.commit()
        if note.root_job_id is not None:
            with suppress(JobAlreadyFinished):
                await self.jobs.cancel(note.root_job_id)
            await self.uow.commit()
        return note
