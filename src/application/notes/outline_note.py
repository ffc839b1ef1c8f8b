"""Find where topics change, and cut the transcript into passages to be read; safe to run twice."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from application.notes.desk import Made, NoteDesk
from application.notes.probe_video import facts_of
from application.notes.questions import PACK, READ_TOKENS
from application.notes.stages import OutlineNote
from domain.ai.models import LanguageModels
from domain.ai.ports import LanguageModel
from domain.identity.access import Actor, Permission
from domain.notes.chaptering import ChapterStart, by_topic
from domain.notes.note import Note, Stage
from domain.notes.parts import Part, digest_of
from domain.notes.passages import Passage, passages
from domain.notes.ports import TextAnalyst, Transcripts
from domain.notes.transcript import Segment, Transcript
from domain.prompts.ports import PromptPacks

_BLOCK_MS: Final = 45_000  # of speech that is compared with what comes before it
_PASSAGE_TOKENS: Final = 6_000  # more, and a model passes over what is in the middle
_INSTRUCTIONS_TOKENS: Final = 1_200
_LOCAL_TOKENS: Final = 2_500


@dataclass(frozen=True, slots=True)
class OutlineNoteHandler:
    """Idempotent: passages that were read already, with the same words, are not read again."""

    desk: NoteDesk
    transcripts: Transcripts
    analyst: TextAnalyst
    models: LanguageModels
    packs: PromptPacks

    async def __call__(self, actor: Actor, command: OutlineNote) -> None:
        actor.require(Permission.NOTES_WRITE)
        await self.desk.run(actor, command, self._outline)

    async def _outline(self, note: Note, part: Part) -> Made:
        transcript = await self.transcripts.get(note)
        (probe,) = await self.desk.parts.of(note, Stage.PROBE)
        duration = facts_of(probe).duration_ms
        pack = await self.packs.active(note.workspace_id, PACK)
        await self.desk.uow.commit()
        model = self.models.choose(note.options.model)
        starts = await self._starts(transcript, duration)
        cut = await asyncio.to_thread(
            passages, transcript.segments, _counter(model), _budget(model)
        )
        read_by = [pack.checksum, _name(model), note.options.note_language]
        return Made(
            result={"starts": msgspec.to_builtins(starts), "pack": f"{pack.name} {pack.version}"},
            plan=[
                *(_reading(each, transcript.segments, read_by) for each in cut),
                Part(stage=Stage.REDUCE, input=digest_of(read_by, note.options.style)),
                Part(stage=Stage.RENDER, input=digest_of(note.options.style)),
            ],
            credit={"engine": "local-extractive", "model": "topic shifts"},
        )

    async def _starts(self, transcript: Transcript, duration: int) -> tuple[ChapterStart, ...]:
        blocks = _blocks(transcript.segments)
        texts = [" ".join(segment.text for segment in block) for block in blocks]
        shifts = await self.analyst.shifts(texts)
        begins = [block[0].start_ms for block in blocks]
        chosen = by_topic(shifts, begins, duration)
        titles = await self._titles(texts, chosen, transcript.language)
        return tuple(
            ChapterStart(segment=blocks[at][0].number, title=title)
            for at, title in zip(chosen, titles, strict=True)
        )

    async def _titles(
        self, texts: Sequence[str], chosen: Sequence[int], language: str | None
    ) -> list[str]:
        """The words that tell what a chapter is about from what the others are."""
        ends = [*chosen[1:], len(texts)]
        groups = [texts[begin:end] for begin, end in zip(chosen, ends, strict=True)]
        titles = []
        for number, terms in enumerate(await self.analyst.topics(groups, language, 3), start=1):
            told = " · ".join(terms)
            titles.append(told[:1].upper() + told[1:] or f"Part {number}")
        return titles


def starts_of(part: Part) -> tuple[ChapterStart, ...]:
    return msgspec.convert(part.result["starts"], tuple[ChapterStart, ...])


def _blocks(segments: Sequence[Segment]) -> list[list[Segment]]:
    blocks: list[list[Segment]] = []
    for segment in segments:
        if blocks and segment.end_ms - blocks[-1][0].start_ms <= _BLOCK_MS:
            blocks[-1].append(segment)
        else:
            blocks.append([segment])
    return blocks


def _reading(passage: Passage, segments: Sequence[Segment], read_by: object) -> Part:
    words = [(s.number, s.text) for s in segments if passage.first <= s.number <= passage.last]
    return Part(
        stage=Stage.MAP,
        shard=passage.number,
        input=digest_of(words, read_by),
        result={"first": passage.first, "last": passage.last},
    )


def _budget(model: LanguageModel | None) -> int:
    if model is None:
        return _LOCAL_TOKENS
    room = model.traits.context_tokens - READ_TOKENS - _INSTRUCTIONS_TOKENS
    return max(min(room, _PASSAGE_TOKENS), 200)


def _counter(model: LanguageModel | None) -> Callable[[str], int]:
    return (lambda text: len(text) // 3) if model is None else model.count_tokens


def _name(model: LanguageModel | None) -> str:
    return "local" if model is None else f"{model.traits.engine} {model.traits.model}"
