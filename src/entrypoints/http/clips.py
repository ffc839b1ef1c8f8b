"""/v1/notes/{id}/clips and /v1/clips: spans of a video, cut when somebody wants the file."""

from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect

from application.artifacts.link_download import LinkDownload, LinkDownloadHandler
from application.notes.make_clip import (
    NameClip,
    NameClipHandler,
    OpenClip,
    OpenClipHandler,
    RemoveClip,
    RemoveClipHandler,
)
from domain.identity.access import Actor, Permission
from domain.notes.clip import BadSpan, Clip, ClipId
from domain.notes.note import NoteId
from domain.notes.ports import Clips, Notes
from entrypoints.http.finding_shapes import ClipRequest, ClipResponse
from entrypoints.http.idempotency import IDEMPOTENT


class ClipList(msgspec.Struct):
    items: tuple[ClipResponse, ...]


class NoteClipsController(Controller):
    path = "/notes/{note_id:uuid}/clips"
    tags = ("Notes",)

    @post(status_code=201, operation_id="nameClip", middleware=[IDEMPOTENT])
    @inject
    async def name(
        self,
        note_id: FromPath[UUID],
        data: JSONBody[ClipRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[NameClipHandler],
    ) -> Response[ClipResponse]:
        """Name a span, or a highlight, as a clip; the same span is the same clip."""
        clip = await handle(actor, _command(note_id, data))
        headers = {"Location": f"/v1/clips/{clip.id}"}
        return Response(shown(clip), status_code=201, headers=headers)

    @get(operation_id="listClips")
    @inject
    async def index(
        self,
        note_id: FromPath[UUID],
        actor: FromDishka[Actor],
        notes: FromDishka[Notes],
        clips: FromDishka[Clips],
    ) -> ClipList:
        """The clips of a note, by time."""
        actor.require(Permission.NOTES_READ)
        note = await notes.get(actor.workspace_id, NoteId(note_id))
        return ClipList(items=tuple(shown(clip) for clip in await clips.of(note)))


class ClipsController(Controller):
    path = "/clips"
    tags = ("Notes",)

    @get("/{clip_id:uuid}", operation_id="getClip")
    @inject
    async def show(
        self, clip_id: FromPath[UUID], actor: FromDishka[Actor], clips: FromDishka[Clips]
    ) -> ClipResponse:
        """A clip: where it begins and ends, and whether its file is cut."""
        actor.require(Permission.NOTES_READ)
        return shown(await clips.get(actor.workspace_id, ClipId(clip_id)))

    @get(
        "/{clip_id:uuid}/download",
        operation_id="downloadClip",
        status_code=303,
        responses={303: ResponseSpec(None, description="The file, for five minutes.")},
    )
    @inject
    async def download(
        self,
        clip_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[OpenClipHandler],
        link: FromDishka[LinkDownloadHandler],
    ) -> Redirect:
        """The file of a clip, cut now if nobody wanted it before."""
        artifact = await handle(actor, OpenClip(clip_id=ClipId(clip_id)))
        url = await link(actor, LinkDownload(artifact_id=artifact.id))
        return Redirect(url, status_code=303)

    @delete("/{clip_id:uuid}", operation_id="deleteClip")
    @inject
    async def remove(
        self,
        clip_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RemoveClipHandler],
    ) -> None:
        """Forget a clip, and remove its file."""
        await handle(actor, RemoveClip(clip_id=ClipId(clip_id)))


def _command(note_id: UUID, data: ClipRequest) -> NameClip:
    """Raises BadSpan."""
    if (data.highlight is None) == (data.start_ms is None or data.end_ms is None):
        raise BadSpan("Give start_ms and end_ms, or the number of a highlight.")
    return NameClip(
        note_id=NoteId(note_id),
        start_ms=data.start_ms or 0,
        end_ms=data.end_ms or 0,
        highlight=data.highlight,
        title=data.title,
    )


def shown(clip: Clip) -> ClipResponse:
    return ClipResponse(
        id=clip.id,
        note_id=clip.note_id,
        start_ms=clip.start_ms,
        end_ms=clip.end_ms,
        title=clip.title,
        fragment=f"#t={clip.start_ms / 1000:.3f},{clip.end_ms / 1000:.3f}",
        ready=clip.cut_id is not None,
    )
