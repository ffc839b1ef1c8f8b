"""/v1/search and /v1/ask: a workspace's transcripts as a library."""

from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get, post
from litestar.params import JSONBody, QueryParameter

from application.notes.ask_library import AskLibrary, AskLibraryHandler
from domain.identity.access import Actor, Permission
from domain.notes.note import NoteId
from domain.notes.ports import TranscriptSearch
from entrypoints.http.finding_shapes import AnswerResponse, AskRequest, HitResponse

Words = Annotated[str, QueryParameter(min_length=1, max_length=500)]
Most = Annotated[int, QueryParameter(ge=1, le=100)]


class Hits(msgspec.Struct):
    items: tuple[HitResponse, ...]


class LibraryController(Controller):
    path = "/"
    tags = ("Notes",)

    @get("/search", operation_id="searchTranscripts")
    @inject
    async def search(
        self,
        actor: FromDishka[Actor],
        library: FromDishka[TranscriptSearch],
        q: Words,
        limit: Most = 20,
        note_id: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Hits:
        """Segments in which all these words were said, the best first; "…", OR and - work."""
        actor.require(Permission.NOTES_READ)
        notes = () if note_id is None else (NoteId(note_id),)
        found = await library.find(actor.workspace_id, q, limit=limit, notes=notes)
        return Hits(
            items=tuple(msgspec.convert(hit, HitResponse, from_attributes=True) for hit in found)
        )

    @post("/ask", status_code=200, operation_id="askLibrary")
    @inject
    async def ask(
        self,
        data: JSONBody[AskRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[AskLibraryHandler],
    ) -> AnswerResponse:
        """Ask the transcripts; every statement says where it was said, word for word."""
        command = AskLibrary(
            question=data.question, notes=tuple(map(NoteId, data.notes)), model=data.model
        )
        answer = await handle(actor, command)
        return msgspec.convert(answer, AnswerResponse, from_attributes=True)
