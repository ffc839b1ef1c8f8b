"""/v1/notes: what is made of a video."""

from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from application.notes.cancel_note import CancelNote, CancelNoteHandler
from application.notes.remove_video import RemoveNote, RemoveNoteHandler
from application.notes.retry_note import (
    RestyleNote,
    RestyleNoteHandler,
    RetryNote,
    RetryNoteHandler,
)
from application.notes.start_note import StartNote, StartNoteHandler
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from domain.notes.note import Note, NoteId, NoteStatus
from domain.notes.ports import NoteParts, Notes
from domain.notes.video import VideoId
from entrypoints.http.idempotency import IDEMPOTENT
from entrypoints.http.note_shapes import (
    NoteLineResponse,
    NoteRequest,
    NoteResponse,
    StyleRequest,
)
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging


class NotesController(Controller):
    path = "/notes"
    tags = ("Notes",)

    @post(status_code=202, operation_id="startNote", middleware=[IDEMPOTENT])
    @inject
    async def start(
        self,
        data: JSONBody[NoteRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[StartNoteHandler],
        parts: FromDishka[NoteParts],
    ) -> Response[NoteResponse]:
        """Make a note of a video: transcript, summary, chapters, highlights, screenshots."""
        command = StartNote(
            video_id=VideoId(data.video_id), title=data.title, options=data.options.options()
        )
        return await _accepted(await handle(actor, command), parts)

    @get(operation_id="listNotes")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        video_id: Annotated[UUID | None, QueryParameter()] = None,
        status: Annotated[NoteStatus | None, QueryParameter()] = None,
    ) -> PageResponse[NoteLineResponse]:
        """Notes of the workspace, newest first."""
        actor.require(Permission.NOTES_READ)
        page = await notes.page(
            actor.workspace_id,
            paging.asked(cursor, limit),
            video_id=None if video_id is None else VideoId(video_id),
            status=status,
        )
        return paging.answer(page, NoteLineResponse.of)

    @get("/{note_id:uuid}", operation_id="getNote")
    @inject
    async def show(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        parts: FromDishka[NoteParts],
    ) -> NoteResponse:
        """How far a note is, what it is made by, what is missing, and its files."""
        actor.require(Permission.NOTES_READ)
        note = await notes.get(actor.workspace_id, NoteId(note_id))
        return NoteResponse.of(note, await parts.all(note))

    @post("/{note_id:uuid}/cancel", status_code=200, operation_id="cancelNote")
    @inject
    async def cancel(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[CancelNoteHandler],
        parts: FromDishka[NoteParts],
    ) -> NoteResponse:
        """Stop it: what is made stays, and a retry goes on from there."""
        note = await handle(actor, CancelNote(note_id=NoteId(note_id)))
        return NoteResponse.of(note, await parts.all(note))

    @post(
        "/{note_id:uuid}/retry",
        status_code=202,
        operation_id="retryNote",
        middleware=[IDEMPOTENT],
    )
    @inject
    async def retry(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RetryNoteHandler],
        parts: FromDishka[NoteParts],
    ) -> Response[NoteResponse]:
        """Make what is missing; what is there already is kept."""
        return await _accepted(await handle(actor, RetryNote(note_id=NoteId(note_id))), parts)

    @post(
        "/{note_id:uuid}/style",
        status_code=202,
        operation_id="restyleNote",
        middleware=[IDEMPOTENT],
    )
    @inject
    async def restyle(
        self,
        note_id: FromPath[UUID],
        data: JSONBody[StyleRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[RestyleNoteHandler],
        parts: FromDishka[NoteParts],
    ) -> Response[NoteResponse]:
        """Write it anew in another style, from the same transcript."""
        command = RestyleNote(note_id=NoteId(note_id), style=data.style)
        return await _accepted(await handle(actor, command), parts)

    @delete("/{note_id:uuid}", operation_id="deleteNote")
    @inject
    async def remove(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RemoveNoteHandler],
    ) -> None:
        """Remove a finished note with its files; the video stays."""
        await handle(actor, RemoveNote(note_id=NoteId(note_id)))


async def _accepted(note: Note, parts: NoteParts) -> Response[NoteResponse]:
    return Response(
        NoteResponse.of(note, await parts.all(note)),
        status_code=202,
        headers={"Location": f"/v1/notes/{note.id}"},
    )
