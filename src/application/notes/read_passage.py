"""Read one passage of a transcript, by a model or without one; safe to run twice."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from application.ai.ask import Ask, UselessAnswer
from application.notes.desk import Made, NoteDesk
from application.notes.local_reading import LocalReading
from application.notes.outline_note import starts_of
from application.notes.probe_video import facts_of
from application.notes.questions import PACK, about_passage
from application.notes.stages import ReadPassage
from domain.ai.models import LanguageModels
from domain.ai.ports import EngineRefused, LanguageModel
from domain.identity.access import Actor, Permission
from domain.notes.note import Note, Stage
from domain.notes.parts import Part
from domain.notes.ports import Transcripts
from domain.notes.reading import Reading, checked
from domain.notes.styles import require_style
from domain.notes.transcript import Segment
from domain.prompts.ports import PromptPacks

AS_SPOKEN = "the language of the transcript"
_TOO_LONG = {400, 413, 422}  # what servers say to what they cannot take in one go


@dataclass(frozen=True, slots=True)
class ReadPassageHandler:
    """Idempotent: nothing but its part is written, and nothing in it was not said."""

    desk: NoteDesk
    transcripts: Transcripts
    local: LocalReading
    models: LanguageModels
    packs: PromptPacks
    ask: Ask

    async def __call__(self, actor: Actor, command: ReadPassage) -> None:
        actor.require(Permission.NOTES_WRITE)

        async def read(note: Note, part: Part) -> Made:
            return await self._read(actor, note, part)

        await self.desk.run(actor, command, read, instead=self._without_model)

    async def _read(self, actor: Actor, note: Note, part: Part) -> Made:
        model = self.models.choose(note.options.model)
        if model is None:
            credit = {"engine": "local-extractive", "model": "textrank"}
            return Made(result=await self._without_model(note, part), credit=credit)
        found = await self._segments(note, part)
        (outline,) = await self.desk.parts.of(note, Stage.CHAPTERS)
        (probe,) = await self.desk.parts.of(note, Stage.PROBE)
        await self.desk.uow.commit()
        reading = await self._ask(actor, note, model, found, facts_of(probe).duration_ms)
        traits = model.traits
        return Made(
            result=_result(part, reading),
            credit={
                "engine": traits.engine,
                "model": traits.model,
                "prompts": str(outline.result["pack"]),
            },
        )

    async def _without_model(self, note: Note, part: Part) -> Mapping[str, Any]:
        found = await self._segments(note, part)
        language = (await self.transcripts.head(note)).language
        (outline,) = await self.desk.parts.of(note, Stage.CHAPTERS)
        await self.desk.uow.commit()
        numbers = {segment.number for segment in found}
        starts = [each for each in starts_of(outline) if each.segment in numbers]
        return _result(part, await self.local(found, starts, language))

    async def _segments(self, note: Note, part: Part) -> tuple[Segment, ...]:
        first, last = int(part.result["first"]), int(part.result["last"])
        return await self.transcripts.segments(note, after=first - 1, limit=last - first + 1)

    async def _ask(
        self,
        actor: Actor,
        note: Note,
        model: LanguageModel,
        segments: Sequence[Segment],
        duration: int,
    ) -> Reading:
        """A passage that a model cannot read in one go is read in halves."""
        pack = await self.packs.active(note.workspace_id, PACK)
        await self.desk.uow.commit()
        language = note.options.note_language or AS_SPOKEN
        question = about_passage(pack, segments, require_style(note.options.style), language)
        try:
            answer = await self.ask(actor, model, question, subject=note.id)
        except (EngineRefused, UselessAnswer) as error:
            if len(segments) == 1 or error.facts.get("status", 400) not in _TOO_LONG:
                raise
            middle = len(segments) // 2
            halves = [
                await self._ask(actor, note, model, half, duration)
                for half in (segments[:middle], segments[middle:])
            ]
            return joined(halves)
        translated = language != AS_SPOKEN
        return await asyncio.to_thread(checked, answer, segments, duration, translated=translated)


def _result(part: Part, reading: Reading) -> Mapping[str, Any]:
    passage = {name: part.result[name] for name in ("first", "last")}
    return passage | {"reading": msgspec.to_builtins(reading)}


def reading_of(part: Part) -> Reading:
    return msgspec.convert(part.result["reading"], Reading)


def joined(readings: Sequence[Reading]) -> Reading:
    dropped: dict[str, int] = {}
    for each in readings:
        for reason, count in each.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
    return Reading(
        summary=" ".join(filter(None, (each.summary for each in readings))),
        points=tuple(point for each in readings for point in each.points),
        decisions=tuple(point for each in readings for point in each.decisions),
        actions=tuple(point for each in readings for point in each.actions),
        questions=tuple(point for each in readings for point in each.questions),
        terms=tuple(term for each in readings for term in each.terms),
        chapters=tuple(start for each in readings for start in each.chapters),
        proposals=tuple(found for each in readings for found in each.proposals),
        dropped=dropped,
    )
