"""Videos, the notes made of them, and clips, in SQL."""

from datetime import timedelta
from typing import Any, Final

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import BigInteger, Column, Integer, String, Table, Uuid, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, Value, mapper_registry, metadata
from adapters.sql.pages import read_page
from adapters.sql.refusals import refuse
from domain.identity.access import WorkspaceId
from domain.kernel.errors import ChangedMeanwhile
from domain.kernel.pages import Page, PageRequest
from domain.notes.clip import Clip, ClipExists, ClipId, ClipNotFound
from domain.notes.media import MediaFacts, Span
from domain.notes.note import Note, NoteId, NoteNotFound, NoteOptions, NoteStatus, Warned
from domain.notes.ports import Clips, Notes, Videos
from domain.notes.video import Video, VideoId, VideoInUse, VideoNotFound

videos: Final = Table(
    "video_assets",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("artifact_id", Uuid, nullable=False),
    Column("captions_id", Uuid),
    Column("title", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("facts", Value(MediaFacts)),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
)
notes: Final = Table(
    "notes",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("video_id", Uuid, nullable=False),
    Column("artifact_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("title", String, nullable=False),
    Column("options", Value(NoteOptions), nullable=False),
    Column("status", TextEnum(NoteStatus), nullable=False),
    Column("run", Integer, nullable=False),
    Column("root_job_id", Uuid),
    Column("engines", Value(dict[str, dict[str, str]]), nullable=False),
    Column("speakers", Value(dict[str, str]), nullable=False),
    Column("warnings", Value(tuple[Warned, ...]), nullable=False),
    Column("error", Value(dict[str, Any])),
    Column("outputs", Value(dict[str, str]), nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
    Column("finished_at", DateTimeUTC(timezone=True)),
    Column("version", Integer, nullable=False),
)
clips: Final = Table(
    "clips",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("note_id", Uuid, nullable=False),
    Column("start_ts", Integer, key="start_ms", nullable=False),
    Column("end_ts", Integer, key="end_ms", nullable=False),
    Column("title", String, nullable=False),
    Column("cut_id", Uuid),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
)
mapper_registry.map_imperatively(Video, videos, version_id_col=videos.c.version)
mapper_registry.map_imperatively(Note, notes, version_id_col=notes.c.version)
mapper_registry.map_imperatively(Clip, clips, version_id_col=clips.c.version)
refuse("uq_video_assets_content", ChangedMeanwhile, "Someone has just added this very file.")
refuse("fk_notes_video_id", VideoInUse, "Notes were made of this video; delete them first.")
refuse("uq_clips_span", ClipExists, "There is a clip of exactly this span already.")

_STALLED: Final = text("SELECT workspace_id, note_id FROM app.stalled_notes(:patience)")


class SqlVideos(Videos):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, video: Video) -> None:
        self._session.add(video)

    async def get(self, workspace_id: WorkspaceId, video_id: VideoId) -> Video:
        video = await self._session.get(Video, (workspace_id, video_id))
        if video is None:
            raise VideoNotFound("There is no such video.")
        return video

    async def with_content(self, workspace_id: WorkspaceId, sha256: str) -> Video | None:
        c = videos.c
        query = select(Video).where(c.workspace_id == workspace_id, c.sha256 == sha256)
        return (await self._session.scalars(query)).one_or_none()

    async def page(self, workspace_id: WorkspaceId, request: PageRequest) -> Page[Video]:
        c = videos.c
        query = select(Video, c.created_at, c.id).where(c.workspace_id == workspace_id)
        keys = (c.created_at, c.id)
        return await read_page(self._session, query, keys, request, lambda row: row["Video"])

    async def remove(self, video: Video) -> None:
        await self._session.delete(video)
        await self._session.flush()


class SqlNotes(Notes):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, note: Note) -> None:
        self._session.add(note)

    async def get(self, workspace_id: WorkspaceId, note_id: NoteId) -> Note:
        return await self._read(workspace_id, note_id, lock=False)

    async def lock(self, workspace_id: WorkspaceId, note_id: NoteId) -> Note:
        return await self._read(workspace_id, note_id, lock=True)

    async def page(
        self,
        workspace_id: WorkspaceId,
        request: PageRequest,
        *,
        video_id: VideoId | None = None,
        status: NoteStatus | None = None,
    ) -> Page[Note]:
        c = notes.c
        query = select(Note, c.created_at, c.id).where(c.workspace_id == workspace_id)
        if video_id is not None:
            query = query.where(c.video_id == video_id)
        if status is not None:
            query = query.where(c.status == status)
        keys = (c.created_at, c.id)
        return await read_page(self._session, query, keys, request, lambda row: row["Note"])

    async def remove(self, note: Note) -> None:
        await self._session.delete(note)
        await self._session.flush()

    async def stalled(self, patience: timedelta) -> tuple[tuple[WorkspaceId, NoteId], ...]:
        rows = await self._session.execute(_STALLED, {"patience": patience})
        return tuple((WorkspaceId(row.workspace_id), NoteId(row.note_id)) for row in rows)

    async def _read(self, workspace_id: WorkspaceId, note_id: NoteId, *, lock: bool) -> Note:
        note = await self._session.get(
            Note,
            (workspace_id, note_id),
            populate_existing=lock,
            with_for_update={"key_share": True} if lock else None,
        )
        if note is None:
            raise NoteNotFound("There is no such note.")
        return note


class SqlClips(Clips):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, clip: Clip) -> None:
        self._session.add(clip)
        await self._session.flush()

    async def get(self, workspace_id: WorkspaceId, clip_id: ClipId) -> Clip:
        clip = await self._session.get(Clip, (workspace_id, clip_id))
        if clip is None:
            raise ClipNotFound("There is no such clip.")
        return clip

    async def of(self, note: Note) -> tuple[Clip, ...]:
        c = clips.c
        query = (
            select(Clip)
            .where(c.workspace_id == note.workspace_id, c.note_id == note.id)
            .order_by(c.start_ms, c.end_ms)
        )
        return tuple((await self._session.scalars(query)).all())

    async def find(self, note: Note, span: Span) -> Clip | None:
        c = clips.c
        query = select(Clip).where(
            c.workspace_id == note.workspace_id,
            c.note_id == note.id,
            c.start_ms == span.start_ms,
            c.end_ms == span.end_ms,
        )
        return (await self._session.scalars(query)).one_or_none()

    async def remove(self, clip: Clip) -> None:
        await self._session.delete(clip)
        await self._session.flush()
