"""What every stage of a note does at its beginning and at its end; safe to run twice.

A stage's work is done outside of transactions; what it found, its part, and the jobs that follow
are written in one. A stage that fails for good is given up where the note can do without it.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from application.notes.stages import COMMAND_OF, STAGE_OF, StageCommand
from domain.identity.access import Actor
from domain.jobs.outcome import describe
from domain.jobs.ports import JobQueue, JobRun
from domain.kernel.errors import ChangedMeanwhile, DomainError, Unavailable
from domain.kernel.ports import Clock, UnitOfWork
from domain.notes.note import Note, NoteStopped, Stage, Warned
from domain.notes.parts import Landed, Part, PartState
from domain.notes.ports import NoteParts, Notes
from domain.notes.progress import ready

TRANSIENT: Final = (Unavailable, ChangedMeanwhile)
TRIES: Final = 4  # of a job, as its kind says
OPTIONAL: Final = {  # the note goes on without them, and says so
    Stage.SPEECH: "notes.speech-failed",
    Stage.FRAMES: "notes.frames-failed",
    Stage.MAP: "notes.map-failed",
}
_TOLD: Final = {
    Stage.SPEECH: "A part of the speech could not be transcribed.",
    Stage.FRAMES: "The pictures could not be looked through, so there are no screenshots.",
    Stage.MAP: "A part of the transcript is not in the summary.",
}


async def _nothing(note: Note) -> None:
    """Most stages keep all they made in their part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a stage made. `store` writes rows in the transaction that ends the stage.

    `plan` are the parts that come next; `result` is small, what is large lies under `key`.
    """

    result: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    plan: Sequence[Part] = ()
    warnings: Sequence[Warned] = ()
    credit: Mapping[str, str] | None = None
    cpu_ms: int = 0
    store: Callable[[Note], Awaitable[None]] = _nothing


Work = Callable[[Note, Part], Awaitable[Made]]
Fallback = Callable[[Note, Part], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class NoteDesk:
    notes: Notes
    parts: NoteParts
    jobs: JobQueue
    job: JobRun
    uow: UnitOfWork
    clock: Clock

    async def run(
        self,
        actor: Actor,
        command: StageCommand,
        work: Work,
        *,
        instead: Fallback | None = None,
    ) -> None:
        """Do the part of `command`, unless nobody wants it any more or it is done.

        `instead` makes a poorer result for a part that is given up; it stays a failed part.
        """
        stage = STAGE_OF[type(command)]
        note = await self.notes.get(actor.workspace_id, command.note_id)
        part = await self._wanted(note, stage, command)
        await self.uow.commit()  # no transaction stays open while a stage works
        if part is None:
            return
        began = time.monotonic()
        try:
            made = await work(note, part)
        except DomainError as error:
            await self.uow.rollback()
            if isinstance(error, TRANSIENT) and self.job.attempt + 1 < TRIES:
                raise
            if instead is not None:
                note = await self.notes.get(actor.workspace_id, command.note_id)
                part = replace(part, result=dict(await instead(note, part)))
            await self._give_up(actor, command, part, error)
            return
        wall = round((time.monotonic() - began) * 1000)
        await self._end(actor, command, replace(_done(part, made), wall_ms=wall), made)

    async def _wanted(self, note: Note, stage: Stage, command: StageCommand) -> Part | None:
        if not note.wants(command.run):
            return None
        parts = await self.parts.of(note, stage)
        mine = next((part for part in parts if part.shard == command.shard), None)
        return mine if mine is not None and mine.state is PartState.WAITING else None

    async def _end(self, actor: Actor, command: StageCommand, part: Part, made: Made) -> None:
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        if not note.wants(command.run):
            await self.uow.rollback()
            return
        for warned in made.warnings:
            note.warn(replace(warned, stage=part.stage.value))
        if made.credit is not None:
            note.credit(part.stage, **made.credit)
        await self._land(actor, note, replace(part, done_at=self.clock.now()), made)

    async def _give_up(
        self, actor: Actor, command: StageCommand, part: Part, error: DomainError
    ) -> None:
        """Raises NoteStopped where the note cannot go on."""
        note = await self.notes.lock(actor.workspace_id, command.note_id)
        if not note.wants(command.run):
            await self.uow.rollback()
            return
        if part.stage not in OPTIONAL:
            note.fail(describe(error), self.clock.now())
            await self.uow.commit()
            raise NoteStopped(str(error), stopped_by=error.code, stage=part.stage.value) from error
        note.warn(missing(part.stage, part.shard, error.code))
        failed = replace(part, state=PartState.FAILED, error=describe(error))
        await self._land(actor, note, replace(failed, done_at=self.clock.now()), Made())

    async def _land(self, actor: Actor, note: Note, part: Part, made: Made) -> None:
        """What was made comes after the landing: the last stage finishes the note with it."""
        landed = await self.parts.land(note, part)
        if landed is Landed.TOO_LATE:
            await self.uow.rollback()
            return
        await self.parts.plan(note, made.plan)
        await made.store(note)
        if landed is Landed.LAST:
            await self._advance(actor, note)
        await self.job.progress(100, {"stage": part.stage.value, "shard": part.shard})
        await self.uow.commit()

    async def _advance(self, actor: Actor, note: Note) -> None:
        """Ask for whatever is ready; asking twice is the same job. Does not commit."""
        due = ready(await self.parts.all(note))
        for stage in dict.fromkeys(part.stage for part in due):
            command = COMMAND_OF[stage]
            await self.jobs.enqueue_shards(
                actor,
                {
                    part.shard: command(note_id=note.id, run=note.run, shard=part.shard)
                    for part in due
                    if part.stage is stage
                },
                subject=note.id,
                version=note.run,
                root_id=self.job.root_id,
            )


def missing(stage: Stage, shard: int, because: str) -> Warned:
    facts: dict[str, object] = {"shard": shard, "because": because}
    return Warned(OPTIONAL[stage], _TOLD[stage], facts, stage.value)


def _done(part: Part, made: Made) -> Part:
    return replace(
        part, state=PartState.DONE, result=dict(made.result), key=made.key, cpu_ms=made.cpu_ms
    )
