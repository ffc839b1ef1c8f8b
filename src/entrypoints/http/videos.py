"""/v1/videos: recordings that notes are made from."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from application.notes.add_video import AddVideo, AddVideoHandler
from application.notes.remove_video import RemoveVideo, RemoveVideoHandler
from domain.artifacts.artifact import ArtifactId
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from domain.notes.ports import Videos
from domain.notes.video import VideoId
from entrypoints.http.idempotency import IDEMPOTENT
from entrypoints.http.note_shapes import VideoRequest, VideoResponse
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging

KNOWN = {200: ResponseSpec(VideoResponse, description="This very file was here already.")}


class VideosController(Controller):
    path = "/videos"
    tags = ("Notes",)

    @post(status_code=201, operation_id="addVideo", middleware=[IDEMPOTENT], responses=KNOWN)
    @inject
    async def add(
        self,
        data: JSONBody[VideoRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[AddVideoHandler],
    ) -> Response[VideoResponse]:
        """Take an uploaded file in as a video; 200 with the known one if it is here already."""
        command = AddVideo(
            artifact_id=ArtifactId(data.artifact_id), captions_id=data.captions, title=data.title
        )
        added = await handle(actor, command)
        return Response(
            VideoResponse.of(added.video),
            status_code=201 if added.new else 200,
            headers={"Location": f"/v1/videos/{added.video.id}"},
        )

    @get(operation_id="listVideos")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        videos: FromDishka[Videos],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> PageResponse[VideoResponse]:
        """Videos of the workspace, newest first."""
        actor.require(Permission.NOTES_READ)
        page = await videos.page(actor.workspace_id, paging.asked(cursor, limit))
        return paging.answer(page, VideoResponse.of)

    @get("/{video_id:uuid}", operation_id="getVideo")
    @inject
    async def show(
        self, video_id: FromPath[UUID], actor: FromDishka[Actor], videos: FromDishka[Videos]
    ) -> VideoResponse:
        """A video: its file, and what is known of it."""
        actor.require(Permission.NOTES_READ)
        return VideoResponse.of(await videos.get(actor.workspace_id, VideoId(video_id)))

    @delete("/{video_id:uuid}", operation_id="deleteVideo")
    @inject
    async def remove(
        self,
        video_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RemoveVideoHandler],
    ) -> None:
        """Remove a video no note was made of, and its file."""
        await handle(actor, RemoveVideo(video_id=VideoId(video_id)))
