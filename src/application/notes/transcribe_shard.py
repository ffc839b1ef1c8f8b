"""Have one shard of sound recognised; safe to run twice, each request is in the ledger."""

from dataclasses import dataclass

import msgspec

from application.ai.requests import Errand, Requests
from application.notes.desk import Made, NoteDesk
from application.notes.listen_to_video import listening_of
from application.notes.stages import TranscribeShard
from domain.ai.ports import Transcriber
from domain.ai.speech import Heard
from domain.ai.transcribers import Transcribers
from domain.identity.access import Actor, Permission
from domain.notes.media import AudioShard
from domain.notes.note import Note, Stage
from domain.notes.parts import Part


@dataclass(frozen=True, slots=True)
class Recognition:
    """One shard by one engine, on the note's account."""

    requests: Requests

    async def __call__(
        self,
        actor: Actor,
        note: Note,
        engine: Transcriber,
        shard: AudioShard,
        language: str | None,
    ) -> Heard:
        errand = Errand(
            engine=engine.traits.engine,
            model=engine.traits.model,
            purpose="notes.speech",
            subject=note.id,
        )
        return await self.requests(
            actor, errand, lambda: engine.transcribe(shard.key, language=language)
        )


@dataclass(frozen=True, slots=True)
class TranscribeShardHandler:
    """Idempotent: what a dead attempt heard is heard again, and paid again, never mixed."""

    desk: NoteDesk
    transcribers: Transcribers
    recognise: Recognition

    async def __call__(self, actor: Actor, command: TranscribeShard) -> None:
        actor.require(Permission.NOTES_WRITE)

        async def transcribe(note: Note, part: Part) -> Made:
            return await self._transcribe(actor, note, part)

        await self.desk.run(actor, command, transcribe)

    async def _transcribe(self, actor: Actor, note: Note, part: Part) -> Made:
        (audio,) = await self.desk.parts.of(note, Stage.AUDIO)
        await self.desk.uow.commit()
        shard = next(each for each in listening_of(audio).shards if each.number == part.shard)
        language = note.options.speech_language
        engine = self.transcribers.choose(note.options.transcriber, language)
        heard = await self.recognise(actor, note, engine, shard, language)
        credit = {"engine": heard.use.engine, "model": heard.use.model}
        return Made(result=msgspec.to_builtins(heard), credit=credit)


def heard_of(part: Part) -> Heard:
    return msgspec.convert(part.result, Heard)
