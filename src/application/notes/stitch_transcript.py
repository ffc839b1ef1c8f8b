"""Make one transcript of what was heard, or of captions; safe to run twice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from application.notes.desk import Made, NoteDesk
from application.notes.listen_to_video import listening_of
from application.notes.probe_video import facts_of
from application.notes.stages import StitchTranscript
from application.notes.transcribe_shard import Recognition, heard_of
from domain.ai.transcribers import Transcribers
from domain.artifacts.ports import Artifacts, BlobStore
from domain.identity.access import Actor, Permission
from domain.notes.captions import caption_segments, read_captions
from domain.notes.language_vote import hear_again, language_of
from domain.notes.media import Listening
from domain.notes.note import Note, NoteNotReady, Stage, Warned
from domain.notes.parts import Part, PartState, digest_of
from domain.notes.ports import MediaEngine, Transcripts, Videos
from domain.notes.stitching import HeardShard, stitch
from domain.notes.transcript import Origin, Segment, Transcript

_NO_SPEECH = Warned(code="notes.no-speech", message="Nobody speaks in this video.")
_LARGEST_CAPTIONS = 20 << 20


@dataclass(frozen=True, slots=True)
class StitchTranscriptHandler:
    """Idempotent: rows are replaced in its last transaction; what people corrected stays."""

    desk: NoteDesk
    videos: Videos
    transcripts: Transcripts
    artifacts: Artifacts
    blobs: BlobStore
    media: MediaEngine
    transcribers: Transcribers
    recognise: Recognition

    async def __call__(self, actor: Actor, command: StitchTranscript) -> None:
        actor.require(Permission.NOTES_WRITE)

        async def work(note: Note, part: Part) -> Made:
            return await self._stitch(actor, note)

        await self.desk.run(actor, command, work)

    async def _stitch(self, actor: Actor, note: Note) -> Made:
        (probe,) = await self.desk.parts.of(note, Stage.PROBE)
        source = probe.result.get("captions")
        if source is not None:
            transcript = await self._captions(note, probe, str(source))
        else:
            transcript = await self._heard(actor, note)

        async def store(note: Note) -> None:
            await self.transcripts.replace(note, await self._with_corrections(note, transcript))

        material = [(each.number, each.text) for each in transcript.segments]
        return Made(
            result={"segments": len(transcript.segments), "language": transcript.language},
            plan=[Part(stage=Stage.CHAPTERS, input=digest_of(material, note.options.model))],
            warnings=[] if transcript.segments else [_NO_SPEECH],
            credit={"engine": transcript.engine, "model": transcript.model},
            store=store,
        )

    async def _heard(self, actor: Actor, note: Note) -> Transcript:
        audio = await self.desk.parts.of(note, Stage.AUDIO)
        speech = await self.desk.parts.of(note, Stage.SPEECH)
        await self.desk.uow.commit()
        if not audio:
            return stitch(())
        listening = listening_of(audio[0])
        shards = _shards(listening, speech)
        if note.options.speech_language is None:
            shards = await self._agreed(actor, note, listening, shards)
        return stitch(shards)

    async def _agreed(
        self, actor: Actor, note: Note, listening: Listening, shards: Sequence[HeardShard]
    ) -> list[HeardShard]:
        """A shard that took another language than the whole, in doubt, is heard once more."""
        elected = language_of((each.speech_ms, each.heard) for each in shards)
        whole = None if elected is None else elected.language
        agreed = []
        for each in shards:
            if not hear_again(each.speech_ms, each.heard, whole):
                agreed.append(each)
                continue
            engine = self.transcribers.choose(note.options.transcriber, whole)
            shard = next(one for one in listening.shards if one.number == each.number)
            heard = await self.recognise(actor, note, engine, shard, whole)
            agreed.append(replace(each, heard=heard))
        return agreed

    async def _captions(self, note: Note, probe: Part, source: str) -> Transcript:
        facts = facts_of(probe)
        language = note.options.speech_language
        if source == "sidecar":
            segments, origin = await self._sidecar(note, facts.duration_ms), Origin.SIDECAR
        else:
            video = await self.artifacts.get(note.workspace_id, note.artifact_id)
            await self.desk.uow.commit()
            segments = await self.media.captions(video.key, facts, int(source))
            origin = Origin.EMBEDDED
            track = next(each for each in facts.captions if each.index == int(source))
            language = track.language or language
        return Transcript(
            segments=segments,
            language=language,
            origin=origin,
            engine="captions",
            model=source,
            word_times=False,
        )

    async def _sidecar(self, note: Note, duration_ms: int) -> tuple[Segment, ...]:
        video = await self.videos.get(note.workspace_id, note.video_id)
        if video.captions_id is None:
            raise NoteNotReady("The caption file is gone.", status=note.status.value)
        file = await self.artifacts.get(note.workspace_id, video.captions_id)
        await self.desk.uow.commit()
        stream = self.blobs.open(file.key, length=_LARGEST_CAPTIONS)
        read = read_captions(b"".join([block async for block in stream]))
        return caption_segments(read.cues, duration_ms)

    async def _with_corrections(self, note: Note, transcript: Transcript) -> Transcript:
        """What somebody corrected is kept where the same stretch was heard again."""
        try:
            known = await self.transcripts.get(note)
        except NoteNotReady:
            return transcript
        edited = {(each.start_ms, each.end_ms): each for each in known.segments if each.edited}
        return replace(
            transcript,
            segments=tuple(
                replace(edited[each.start_ms, each.end_ms], number=each.number)
                if (each.start_ms, each.end_ms) in edited
                else each
                for each in transcript.segments
            ),
        )


def _shards(listening: Listening, speech: Sequence[Part]) -> list[HeardShard]:
    by_number = {shard.number: shard for shard in listening.shards}
    return [
        HeardShard(
            number=part.shard,
            span=by_number[part.shard].span,
            speech=by_number[part.shard].speech,
            heard=heard_of(part),
        )
        for part in speech
        if part.state is PartState.DONE and part.shard in by_number
    ]
