"""Look into a note's file and decide what there is to do; safe to run twice."""

from dataclasses import dataclass

import msgspec

from application.notes.desk import Made, NoteDesk
from application.notes.stages import ProbeVideo
from domain.artifacts.ports import Artifacts
from domain.identity.access import Actor, Permission
from domain.notes.media import CaptionTrack, MediaFacts
from domain.notes.note import Note, NoteOptions, Stage, Warned
from domain.notes.parts import Part, digest_of
from domain.notes.ports import MediaEngine, Videos

_TOLD = {
    "truncated": "The file ends before its own header says; what is there was taken.",
}


@dataclass(frozen=True, slots=True)
class ProbeVideoHandler:
    """Idempotent: nothing is written before its last transaction."""

    desk: NoteDesk
    videos: Videos
    artifacts: Artifacts
    media: MediaEngine

    async def __call__(self, actor: Actor, command: ProbeVideo) -> None:
        actor.require(Permission.NOTES_WRITE)
        await self.desk.run(actor, command, self._probe)

    async def _probe(self, note: Note, part: Part) -> Made:
        source = await self.artifacts.get(note.workspace_id, note.artifact_id)
        video = await self.videos.get(note.workspace_id, note.video_id)
        has_sidecar = video.captions_id is not None
        await self.desk.uow.commit()
        facts = await self.media.probe(
            source.key, language=note.options.speech_language, track=note.options.audio_track
        )
        captions = caption_source(facts, note.options, has_sidecar=has_sidecar)

        async def store(note: Note) -> None:
            video = await self.videos.get(note.workspace_id, note.video_id)
            video.examined(facts, self.desk.clock.now())

        return Made(
            result={"facts": msgspec.to_builtins(facts), "captions": captions},
            plan=_plan(note, source.sha256, facts, captions),
            warnings=[
                Warned(code=f"notes.{code}", message=_TOLD.get(code, "The file is unusual."))
                for code in facts.warnings
            ],
            store=store,
        )


def _plan(note: Note, sha256: str, facts: MediaFacts, captions: str | None) -> tuple[Part, ...]:
    asked = (facts.audio_choice, note.options.speech_language, note.options.transcriber)
    plan = [Part(stage=Stage.STITCH, input=digest_of(sha256, captions, *asked))]
    if facts.video is not None and note.options.screenshots != 0:
        plan.append(Part(stage=Stage.FRAMES, input=digest_of(sha256)))
    if facts.audio_choice is not None and captions is None:
        plan.append(Part(stage=Stage.AUDIO, input=digest_of(sha256, facts.audio_choice)))
    return tuple(plan)


def caption_source(facts: MediaFacts, options: NoteOptions, *, has_sidecar: bool) -> str | None:
    """`sidecar`, the number of a caption track, or None: somebody has to listen."""
    if not options.captions:
        return None
    if has_sidecar:
        return "sidecar"
    fitting = [track for track in facts.captions if _fits(track, options.speech_language)]
    return str(fitting[0].index) if fitting else None


def _fits(track: CaptionTrack, language: str | None) -> bool:
    """Forced captions translate single signs; without a language of its own a track may be any."""
    return (
        track.text
        and not track.forced
        and (language is None or track.language is None or track.language == language)
    )


def facts_of(part: Part) -> MediaFacts:
    return msgspec.convert(part.result["facts"], MediaFacts)
