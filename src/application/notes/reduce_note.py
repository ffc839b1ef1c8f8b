"""Make one note of what was read: summary, chapters, highlights; safe to run twice.

A model only chooses among points that were found in the words, by their numbers, and writes the
summary. Where it fails, the note is made without it, and says so.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from application.ai.ask import Ask, UselessAnswer
from application.notes.desk import Made, NoteDesk
from application.notes.outline_note import starts_of
from application.notes.probe_video import facts_of
from application.notes.questions import PACK, REDUCE_TOKENS, about_note, condensed
from application.notes.read_passage import AS_SPOKEN, joined, reading_of
from application.notes.stages import ReduceNote
from domain.ai.models import LanguageModels
from domain.ai.ports import EngineFailed, EngineRefused, LanguageModel
from domain.identity.access import Actor, Permission
from domain.notes.chaptering import ChapterStart, tiled
from domain.notes.gist import gist_by_rank, gist_chosen, in_turns
from domain.notes.grounding import grounded
from domain.notes.note import Note, Stage, Warned
from domain.notes.outline import Gist
from domain.notes.parts import Part
from domain.notes.ports import Findings, TextAnalyst, Transcripts
from domain.notes.reading import Reading
from domain.notes.styles import Style, require_style
from domain.notes.transcript import Segment
from domain.prompts.pack import PromptPack
from domain.prompts.ports import PromptPacks

_FAILED: Final = Warned(
    code="notes.model-failed",
    message="The language model did not answer, so the summary is made of the speakers' sentences.",
)
_ROOM: Final = 1_500  # tokens for instructions
_POINTS_ROOM: Final = 0.6  # of what is left: points before summaries


@dataclass(frozen=True, slots=True)
class ReduceNoteHandler:
    """Idempotent: rows are replaced in its last transaction."""

    desk: NoteDesk
    transcripts: Transcripts
    findings: Findings
    analyst: TextAnalyst
    models: LanguageModels
    packs: PromptPacks
    ask: Ask

    async def __call__(self, actor: Actor, command: ReduceNote) -> None:
        actor.require(Permission.NOTES_WRITE)

        async def work(note: Note, part: Part) -> Made:
            return await self._reduce(actor, note)

        await self.desk.run(actor, command, work)

    async def _reduce(self, actor: Actor, note: Note) -> Made:
        transcript = await self.transcripts.get(note)
        passages = await self.desk.parts.of(note, Stage.MAP)
        (outline,) = await self.desk.parts.of(note, Stage.CHAPTERS)
        (probe,) = await self.desk.parts.of(note, Stage.PROBE)
        pack = await self.packs.active(note.workspace_id, PACK)
        await self.desk.uow.commit()
        duration = facts_of(probe).duration_ms
        style = require_style(note.options.style)
        readings = [reading_of(each) for each in passages if "reading" in each.result]
        reading = joined(readings)
        model = self.models.choose(note.options.model)
        gist, warnings = await self._gist(actor, note, (model, pack), readings, transcript.segments)
        proposals = in_turns([each.proposals for each in readings])
        found, _ = await asyncio.to_thread(  # ten hours of words take it a second
            grounded, proposals, transcript.segments, duration, style.highlights
        )
        starts = _from_the_beginning(reading.chapters, starts_of(outline))
        chapters = tiled(starts, transcript.segments, duration)

        async def store(note: Note) -> None:
            await self.findings.set_chapters(note, chapters)
            await self.findings.set_highlights(note, found)

        return Made(
            result={"gist": msgspec.to_builtins(gist), "dropped": dict(reading.dropped)},
            warnings=warnings,
            store=store,
        )

    async def _gist(
        self,
        actor: Actor,
        note: Note,
        asked: tuple[LanguageModel | None, PromptPack],
        readings: Sequence[Reading],
        segments: Sequence[Segment],
    ) -> tuple[Gist, list[Warned]]:
        model, pack = asked
        style = require_style(note.options.style)
        reading = joined(readings)
        if model is not None and reading.points:
            try:
                said = {segment.number: segment.text for segment in segments}
                return await self._chosen(actor, note, (model, pack), readings, said), []
            except (EngineFailed, EngineRefused, UselessAnswer) as error:
                return await self._ranked(reading, style), [_failed(error.code)]
        return await self._ranked(reading, style), []

    async def _ranked(self, reading: Reading, style: Style) -> Gist:
        texts = [point.text for point in reading.points]
        ranks = await self.analyst.rank(texts, None) if texts else ()
        return gist_by_rank(reading, ranks, style)

    async def _chosen(
        self,
        actor: Actor,
        note: Note,
        asked: tuple[LanguageModel, PromptPack],
        readings: Sequence[Reading],
        said: Mapping[int, str],
    ) -> Gist:
        model, pack = asked
        style = require_style(note.options.style)
        language = note.options.note_language or AS_SPOKEN
        reading = joined(readings)
        room = model.traits.context_tokens - REDUCE_TOKENS - _ROOM
        points = await self._fitting(reading, model, int(room * _POINTS_ROOM))
        used = sum(model.count_tokens(reading.points[at].text) + 8 for at in points)
        summaries = [each.summary for each in readings if each.summary]
        summaries = await self._condense(actor, note, asked, summaries, room - used)
        told = [reading.points[at].text for at in points]
        question = about_note(pack, summaries, told, style, language)
        answer = await self.ask(actor, model, question, subject=note.id)
        translated = language != AS_SPOKEN
        return gist_chosen(reading, answer, points, style, said, translated=translated)

    async def _fitting(self, reading: Reading, model: LanguageModel, room: int) -> list[int]:
        """Indexes of the points the model gets to see: all, or the most central ones."""
        costs = [model.count_tokens(point.text) + 8 for point in reading.points]
        if sum(costs) <= room:
            return list(range(len(costs)))
        ranks = await self.analyst.rank([point.text for point in reading.points], None)
        chosen, used = [], 0
        for at in sorted(range(len(costs)), key=lambda each: -ranks[each]):
            if used + costs[at] <= room:
                chosen.append(at)
                used += costs[at]
        return sorted(chosen)

    async def _condense(
        self,
        actor: Actor,
        note: Note,
        asked: tuple[LanguageModel, PromptPack],
        summaries: Sequence[str],
        room: int,
    ) -> list[str]:
        """Neighbours are put together until all of them fit; each round makes them fewer."""
        model, pack = asked
        language = note.options.note_language or AS_SPOKEN
        left = list(summaries)
        while len(left) > 1 and sum(map(model.count_tokens, left)) > room:
            groups = _groups(left, model, max(room // 2, 400))
            if len(groups) == len(left):
                groups = [left[at : at + 2] for at in range(0, len(left), 2)]
            told = []
            for group in groups:
                question = condensed(pack, group, language)
                answer = await self.ask(actor, model, question, subject=note.id)
                told.append(str(answer["summary"]))
            left = told
        return left


def _from_the_beginning(
    found: Sequence[ChapterStart], outlined: Sequence[ChapterStart]
) -> tuple[ChapterStart, ...]:
    """What comes before the first chapter a model found keeps the titles it had without it."""
    first = min((each.segment for each in found), default=None)
    before = (each for each in outlined if first is None or each.segment < first)
    return (*before, *found)


def gist_of(part: Part) -> Gist:
    return msgspec.convert(part.result["gist"], Gist)


def _failed(because: str) -> Warned:
    return Warned(code=_FAILED.code, message=_FAILED.message, facts={"because": because})


def _groups(texts: Sequence[str], model: LanguageModel, room: int) -> list[list[str]]:
    groups: list[list[str]] = []
    used = 0
    for text in texts:
        cost = model.count_tokens(text)
        if groups and used + cost <= room:
            groups[-1].append(text)
            used += cost
        else:
            groups.append([text])
            used = cost
    return groups
