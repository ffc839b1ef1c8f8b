"""Take the sound out of a video, in shards cut at silence; safe to run twice."""

from dataclasses import dataclass
from typing import Final

import msgspec

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.notes.desk import Made, NoteDesk
from application.notes.probe_video import facts_of
from application.notes.reporting import Reporting
from application.notes.stages import ListenToVideo
from domain.artifacts.keys import artifact_key
from domain.artifacts.ports import Artifacts, BlobInfo
from domain.identity.access import Actor, Permission
from domain.kernel.retention import RetentionClass
from domain.notes.media import AudioShard, Listening
from domain.notes.note import Note, Stage
from domain.notes.parts import Part, digest_of
from domain.notes.ports import ListenOrder, MediaEngine

SHARD_MS: Final = 7 * 60_000
LONGEST_SHARD_MS: Final = 10 * 60_000
AUDIO: Final = "notes.audio"  # the artifacts' kind; they go when the note no longer needs them


@dataclass(frozen=True, slots=True)
class ListenToVideoHandler:
    """Idempotent: a second attempt writes under its own fence."""

    desk: NoteDesk
    artifacts: Artifacts
    shelf: ArtifactShelf
    media: MediaEngine

    async def __call__(self, actor: Actor, command: ListenToVideo) -> None:
        actor.require(Permission.NOTES_WRITE)

        async def listen(note: Note, part: Part) -> Made:
            return await self._listen(actor, note)

        await self.desk.run(actor, command, listen)

    async def _listen(self, actor: Actor, note: Note) -> Made:
        source = await self.artifacts.get(note.workspace_id, note.artifact_id)
        (probe,) = await self.desk.parts.of(note, Stage.PROBE)
        facts = facts_of(probe)
        await self.desk.uow.commit()
        job = self.desk.job
        order = ListenOrder(
            source_key=source.key,
            facts=facts,
            prefix=artifact_key(note.workspace_id, job.id, job.fence, "audio"),
            shard_ms=SHARD_MS,
            longest_ms=LONGEST_SHARD_MS,
        )
        heard = await self.media.listen(order, Reporting(job, Stage.AUDIO, facts.duration_ms))

        async def store(note: Note) -> None:
            for shard in heard.shards:
                await self._record(actor, note, shard)

        return Made(
            result=msgspec.to_builtins(heard),
            plan=[_speech(note, shard) for shard in heard.shards if shard.speech],
            store=store,
        )

    async def _record(self, actor: Actor, note: Note, shard: AudioShard) -> None:
        await self.shelf.record(
            actor,
            NewArtifact(
                kind=AUDIO,
                blob=BlobInfo(key=shard.key, size=shard.size, sha256=shard.sha256),
                file_name=f"{note.title}.{shard.number}.flac",
                media_type="audio/flac",
                retention=RetentionClass.RAW_INPUT,
                job_id=self.desk.job.id,
            ),
        )


def _speech(note: Note, shard: AudioShard) -> Part:
    asked = (note.options.transcriber, note.options.speech_language)
    return Part(stage=Stage.SPEECH, shard=shard.number, input=digest_of(shard.sha256, *asked))


def listening_of(part: Part) -> Listening:
    return msgspec.convert(part.result, Listening)
