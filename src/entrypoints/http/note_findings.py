"""/v1/notes/{id}/…: what was found in a video: words, chapters, highlights, pictures."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, patch, put
from litestar.params import FromPath, JSONBody, QueryParameter

from application.notes.edit_transcript import (
    EditSegment,
    EditSegmentHandler,
    NameSpeakers,
    NameSpeakersHandler,
)
from application.notes.note_material import coverage_of
from application.notes.probe_video import facts_of
from domain.identity.access import Actor, Permission
from domain.notes.note import Note, NoteId, NoteNotReady, Stage
from domain.notes.ports import Findings, NoteParts, Notes, Transcripts
from domain.notes.progress import of_stage
from domain.notes.transcript_exports import TranscriptFormat, exported
from entrypoints.http.documents import attachment
from entrypoints.http.finding_shapes import (
    ChapterResponse,
    HighlightResponse,
    MinuteResponse,
    ScreenshotResponse,
    SegmentRequest,
    SegmentResponse,
    SpeakersRequest,
    TranscriptResponse,
)
from entrypoints.http.note_shapes import NoteResponse

_ANY: Final = "application/octet-stream"  # always saved, never shown


class Chapters(msgspec.Struct):
    items: tuple[ChapterResponse, ...]


class Highlights(msgspec.Struct):
    items: tuple[HighlightResponse, ...]


class Screenshots(msgspec.Struct):
    items: tuple[ScreenshotResponse, ...]


class Coverage(msgspec.Struct):
    items: tuple[MinuteResponse, ...]


class NoteFindingsController(Controller):
    path = "/notes/{note_id:uuid}"
    tags = ("Notes",)

    @get("/transcript", operation_id="getTranscript")
    @inject
    async def transcript(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        transcripts: FromDishka[Transcripts],
    ) -> TranscriptResponse:
        """Every segment with its words and their times."""
        note = await _note(actor, notes, note_id)
        return msgspec.convert(
            await transcripts.get(note), TranscriptResponse, from_attributes=True
        )

    @get("/transcript/file", operation_id="getTranscriptFile", media_type=_ANY)
    @inject
    async def transcript_file(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        transcripts: FromDishka[Transcripts],
        as_: Annotated[TranscriptFormat, QueryParameter(name="as")] = TranscriptFormat.SUBRIP,
    ) -> Response[Any]:
        """The transcript as a file, with the names people gave to speakers."""
        note = await _note(actor, notes, note_id)
        text = exported(await transcripts.get(note), as_, note.speakers)
        return attachment(text.encode(), f"{note.title}.{as_.value}", _ANY)

    @patch("/transcript/segments/{number:int}", operation_id="editSegment")
    @inject
    async def edit(
        self,
        note_id: FromPath[UUID],
        number: FromPath[int],
        data: JSONBody[SegmentRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[EditSegmentHandler],
    ) -> SegmentResponse:
        """Correct what was heard; files follow at once, the summary where it must."""
        command = EditSegment(
            note_id=NoteId(note_id),
            number=number,
            text=data.text,
            speaker=data.speaker,
            expected=data.expected,
        )
        return SegmentResponse.of(await handle(actor, command))

    @put("/speakers", operation_id="nameSpeakers")
    @inject
    async def speakers(
        self,
        note_id: FromPath[UUID],
        data: JSONBody[SpeakersRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[NameSpeakersHandler],
        parts: FromDishka[NoteParts],
    ) -> NoteResponse:
        """Say who the speakers are; an empty name takes one back."""
        note = await handle(actor, NameSpeakers(note_id=NoteId(note_id), names=data.names))
        return NoteResponse.of(note, await parts.all(note))

    @get("/chapters", operation_id="listChapters")
    @inject
    async def chapters(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        findings: FromDishka[Findings],
    ) -> Chapters:
        """They tile the whole video."""
        found = await findings.chapters(await _note(actor, notes, note_id))
        return Chapters(items=_all(found, ChapterResponse))

    @get("/highlights", operation_id="listHighlights")
    @inject
    async def highlights(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        findings: FromDishka[Findings],
    ) -> Highlights:
        """Quotes that were found in the words, with the words' own times."""
        found = await findings.highlights(await _note(actor, notes, note_id))
        return Highlights(items=_all(found, HighlightResponse))

    @get("/screenshots", operation_id="listScreenshots")
    @inject
    async def screenshots(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        findings: FromDishka[Findings],
    ) -> Screenshots:
        """Pictures with the time they show; `/v1/artifacts/{image_id}/download` has the file."""
        found = await findings.screenshots(await _note(actor, notes, note_id))
        return Screenshots(items=tuple(map(ScreenshotResponse.of, found)))

    @get("/coverage", operation_id="getCoverage")
    @inject
    async def coverage(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        parts: FromDishka[NoteParts],
        transcripts: FromDishka[Transcripts],
    ) -> Coverage:
        """What became of each minute: heard, silent or lost, and whether it is in the note."""
        note = await _note(actor, notes, note_id)
        made = await parts.all(note)
        probe = of_stage(made, Stage.PROBE)
        if not probe or "facts" not in probe[0].result:
            raise NoteNotReady("The video was not looked into yet.", status=note.status.value)
        found = coverage_of(made, facts_of(probe[0]), await transcripts.get(note))
        return Coverage(items=_all(found, MinuteResponse))


async def _note(actor: Actor, notes: Notes, note_id: UUID) -> Note:
    actor.require(Permission.NOTES_READ)
    return await notes.get(actor.workspace_id, NoteId(note_id))


def _all(found: Any, shape: Any) -> Any:
    return tuple(msgspec.convert(each, shape, from_attributes=True) for each in found)
