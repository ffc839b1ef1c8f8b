"""Chapters, highlights and screenshots of notes, in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Integer, String, Table, Uuid, delete, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, Value, metadata
from domain.notes.frames import FrameKind, Screenshot
from domain.notes.highlight import Grounding, Highlight
from domain.notes.note import Note
from domain.notes.outline import Chapter
from domain.notes.ports import Findings

chapters: Final = Table(
    "chapters",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("note_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("start_ts", Integer, key="start_ms", nullable=False),
    Column("end_ts", Integer, key="end_ms", nullable=False),
    Column("title", String, nullable=False),
    Column("summary", String, nullable=False),
    Column("first_segment", Integer, key="first"),
    Column("last_segment", Integer, key="last"),
)
highlights: Final = Table(
    "highlights",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("note_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("artifact_id", Uuid, nullable=False),
    Column("start_ts", Integer, key="start_ms", nullable=False),
    Column("end_ts", Integer, key="end_ms", nullable=False),
    Column("title", String, nullable=False),
    Column("quote", String, nullable=False),
    Column("why", String, nullable=False),
    Column("segments", ARRAY(Integer, as_tuple=True), nullable=False),
    Column("grounding", Value(Grounding), nullable=False),
)
screenshots: Final = Table(
    "screenshots",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("note_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("image_id", Uuid, nullable=False),
    Column("at_ts", Integer, key="at_ms", nullable=False),
    Column("chapter", Integer, nullable=False),
    Column("kind", TextEnum(FrameKind), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("caption", String, nullable=False),
)
_OWNED: Final = frozenset({"workspace_id", "note_id", "artifact_id"})


class SqlFindings(Findings):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def set_chapters(self, note: Note, found: Sequence[Chapter]) -> None:
        await self._replace(chapters, note, found, {})

    async def chapters(self, note: Note) -> tuple[Chapter, ...]:
        return tuple(Chapter(**_fields(chapters, row)) for row in await self._read(chapters, note))

    async def set_highlights(self, note: Note, found: Sequence[Highlight]) -> None:
        await self._replace(highlights, note, found, {"artifact_id": note.artifact_id})

    async def highlights(self, note: Note) -> tuple[Highlight, ...]:
        rows = await self._read(highlights, note)
        return tuple(Highlight(**_fields(highlights, row)) for row in rows)

    async def set_screenshots(self, note: Note, found: Sequence[Screenshot]) -> None:
        await self._replace(screenshots, note, found, {})

    async def screenshots(self, note: Note) -> tuple[Screenshot, ...]:
        rows = await self._read(screenshots, note)
        return tuple(Screenshot(**_fields(screenshots, row)) for row in rows)

    async def _replace(
        self, table: Table, note: Note, found: Sequence[object], more: Mapping[str, object]
    ) -> None:
        owner = {"workspace_id": note.workspace_id, "note_id": note.id, **more}
        c = table.c
        await self._session.execute(
            delete(table).where(c.workspace_id == note.workspace_id, c.note_id == note.id)
        )
        if found:
            await self._session.execute(
                insert(table),
                [owner | {name: getattr(each, name) for name in _own(table)} for each in found],
            )

    async def _read(self, table: Table, note: Note) -> Sequence[Row[Any]]:
        c = table.c
        query = (
            select(table)
            .where(c.workspace_id == note.workspace_id, c.note_id == note.id)
            .order_by(c.number)
        )
        return (await self._session.execute(query)).all()


def _own(table: Table) -> list[str]:
    return [column.key for column in table.c if column.key not in _OWNED]


def _fields(table: Table, row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, table.c[name].name) for name in _own(table)}
