"""Find frames worth showing; safe to run twice."""

from dataclasses import dataclass

import msgspec

from application.notes.desk import Made, NoteDesk
from application.notes.probe_video import facts_of
from application.notes.reporting import Reporting
from application.notes.stages import LookAtVideo
from domain.artifacts.ports import Artifacts
from domain.identity.access import Actor, Permission
from domain.notes.frames import Sighting
from domain.notes.note import Note, Stage
from domain.notes.parts import Part
from domain.notes.ports import MediaEngine


@dataclass(frozen=True, slots=True)
class LookAtVideoHandler:
    """Idempotent: nothing is written before its last transaction."""

    desk: NoteDesk
    artifacts: Artifacts
    media: MediaEngine

    async def __call__(self, actor: Actor, command: LookAtVideo) -> None:
        actor.require(Permission.NOTES_WRITE)
        await self.desk.run(actor, command, self._look)

    async def _look(self, note: Note, part: Part) -> Made:
        source = await self.artifacts.get(note.workspace_id, note.artifact_id)
        (probe,) = await self.desk.parts.of(note, Stage.PROBE)
        facts = facts_of(probe)
        await self.desk.uow.commit()
        tell = Reporting(self.desk.job, Stage.FRAMES, facts.duration_ms)
        sighting = await self.media.look(source.key, facts, tell)
        return Made(result=msgspec.to_builtins(sighting))


def sighting_of(part: Part) -> Sighting:
    return msgspec.convert(part.result, Sighting)
