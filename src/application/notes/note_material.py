"""Everything a note is laid out from, read together."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.notes.listen_to_video import listening_of
from application.notes.probe_video import facts_of
from application.notes.reduce_note import gist_of
from domain.artifacts.artifact import ArtifactNotFound, ArtifactRemoved
from domain.artifacts.ports import Artifacts
from domain.notes.coverage import minutes
from domain.notes.frames import Screenshot
from domain.notes.highlight import Highlight
from domain.notes.media import MediaFacts, Span
from domain.notes.note import Note, NoteNotReady, Stage, Warned
from domain.notes.outline import Chapter, Gist
from domain.notes.page import NotePage
from domain.notes.parts import Part, PartState
from domain.notes.ports import Findings, NoteParts, Transcripts, Videos
from domain.notes.progress import of_stage
from domain.notes.styles import require_style
from domain.notes.transcript import Minute, Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    source_key: str | None  # None: the video's file is gone
    video_name: str
    facts: MediaFacts
    transcript: Transcript
    gist: Gist
    chapters: tuple[Chapter, ...]
    highlights: tuple[Highlight, ...]
    coverage: tuple[Minute, ...]


@dataclass(frozen=True, slots=True)
class Gathering:
    videos: Videos
    artifacts: Artifacts
    parts: NoteParts
    transcripts: Transcripts
    findings: Findings

    async def __call__(self, note: Note) -> Material:
        """Raises NoteNotReady."""
        parts = await self.parts.all(note)
        reduced = of_stage(parts, Stage.REDUCE)
        if not reduced or reduced[0].state is not PartState.DONE:
            raise NoteNotReady("This note is still being made.", status=note.status.value)
        video = await self.videos.get(note.workspace_id, note.video_id)
        facts = facts_of(of_stage(parts, Stage.PROBE)[0])
        transcript = await self.transcripts.get(note)
        return Material(
            source_key=await self._source(note),
            video_name=video.file_name,
            facts=facts,
            transcript=transcript,
            gist=gist_of(reduced[0]),
            chapters=await self.findings.chapters(note),
            highlights=await self.findings.highlights(note),
            coverage=coverage_of(parts, facts, transcript),
        )

    async def _source(self, note: Note) -> str | None:
        """Notes outlive the files they were made of."""
        try:
            return (await self.artifacts.get(note.workspace_id, note.artifact_id)).key
        except (ArtifactNotFound, ArtifactRemoved):
            return None


def coverage_of(
    parts: Sequence[Part], facts: MediaFacts, transcript: Transcript
) -> tuple[Minute, ...]:
    """Minute by minute: heard, silent or lost, and whether it went into the note."""
    audio = of_stage(parts, Stage.AUDIO)
    shards = listening_of(audio[0]).shards if audio else ()
    lost = {p.shard for p in of_stage(parts, Stage.SPEECH) if p.state is PartState.FAILED}
    read: set[int] = set()
    for part in of_stage(parts, Stage.MAP):
        if part.state is PartState.DONE:
            read.update(range(int(part.result["first"]), int(part.result["last"]) + 1))
    speech: list[Span] = [span for shard in shards for span in shard.speech]
    return minutes(
        facts.duration_ms,
        transcript.segments,
        speech,
        failed=[shard.span for shard in shards if shard.number in lost],
        summarised=read,
    )


def page_of(
    note: Note,
    material: Material,
    screenshots: tuple[Screenshot, ...],
    warnings: Sequence[Warned],
) -> NotePage:
    return NotePage(
        title=note.title,
        style=require_style(note.options.style),
        video=material.video_name,
        duration_ms=material.facts.duration_ms,
        language=material.transcript.language,
        gist=material.gist,
        chapters=material.chapters,
        highlights=material.highlights,
        screenshots=screenshots,
        segments=material.transcript.segments,
        speakers=note.speakers,
        warnings=tuple(warnings),
        engines=note.engines,
        cost_micros=None,
    )
