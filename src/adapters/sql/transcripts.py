"""Transcripts, segment by segment, in SQL."""

from dataclasses import replace
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    String,
    Table,
    Uuid,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import REGCONFIG
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, Value, metadata
from domain.notes.note import Note, NoteNotReady
from domain.notes.ports import Transcripts
from domain.notes.transcript import Origin, Segment, SegmentNotFound, Transcript, Word

transcripts: Final = Table(
    "transcripts",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("note_id", Uuid, primary_key=True),
    Column("language", String),
    Column("origin", TextEnum(Origin), nullable=False),
    Column("engine", String, nullable=False),
    Column("model", String, nullable=False),
    Column("word_times", Boolean, nullable=False),
)
segments: Final = Table(
    "segments",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("note_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("start_ts", Integer, key="start_ms", nullable=False),
    Column("end_ts", Integer, key="end_ms", nullable=False),
    Column("text", String, nullable=False),
    Column("words", Value(tuple[Word, ...]), nullable=False),
    Column("shard", Integer, nullable=False),
    Column("speaker", String),
    Column("language", String),
    Column("edited", Boolean, nullable=False),
    Column("stems", REGCONFIG, nullable=False),
)
_SHOWN: Final = (
    "number", "start_ms", "end_ms", "text", "words", "shard", "speaker", "language", "edited",
)  # fmt: skip
_AT_ONCE: Final = 1_000
STEMS: Final = {  # text search configurations that every PostgreSQL has
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip


class SqlTranscripts(Transcripts):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def replace(self, note: Note, transcript: Transcript) -> None:
        where = (transcripts.c.workspace_id == note.workspace_id, transcripts.c.note_id == note.id)
        await self._session.execute(delete(transcripts).where(*where))
        await self._session.execute(
            insert(transcripts).values(
                workspace_id=note.workspace_id,
                note_id=note.id,
                language=transcript.language,
                origin=transcript.origin,
                engine=transcript.engine,
                model=transcript.model,
                word_times=transcript.word_times,
            )
        )
        rows = [_row(note, each, transcript.language) for each in transcript.segments]
        for start in range(0, len(rows), _AT_ONCE):
            await self._session.execute(insert(segments), rows[start : start + _AT_ONCE])

    async def get(self, note: Note) -> Transcript:
        return replace(await self.head(note), segments=await self._read(note))

    async def head(self, note: Note) -> Transcript:
        c = transcripts.c
        query = select(transcripts).where(c.workspace_id == note.workspace_id, c.note_id == note.id)
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise NoteNotReady("There is no transcript yet.", status=note.status.value)
        return Transcript(
            segments=(),
            language=row.language,
            origin=row.origin,
            engine=row.engine,
            model=row.model,
            word_times=row.word_times,
        )

    async def segments(self, note: Note, *, after: int, limit: int) -> tuple[Segment, ...]:
        return await self._read(note, after=after, limit=limit)

    async def edit(self, note: Note, segment: Segment) -> None:
        c = segments.c
        row = _row(note, segment, segment.language)
        changed = await self._session.execute(
            update(segments)
            .where(
                c.workspace_id == note.workspace_id,
                c.note_id == note.id,
                c.number == segment.number,
            )
            .values(**{name: row[name] for name in _SHOWN if name != "number"})
        )
        if not getattr(changed, "rowcount", 0):
            raise SegmentNotFound(f"There is no segment {segment.number}.")

    async def _read(
        self, note: Note, *, after: int = 0, limit: int | None = None
    ) -> tuple[Segment, ...]:
        c = segments.c
        query = (
            select(*(c[name] for name in _SHOWN))
            .where(c.workspace_id == note.workspace_id, c.note_id == note.id, c.number > after)
            .order_by(c.number)
            .limit(limit)
        )
        return tuple(_segment(row) for row in await self._session.execute(query))


def _row(note: Note, segment: Segment, language: str | None) -> dict[str, Any]:
    stems = STEMS.get(segment.language or language or "", "simple")
    return {
        "workspace_id": note.workspace_id,
        "note_id": note.id,
        "stems": stems,
        **{name: getattr(segment, name) for name in _SHOWN},
    }


def segment_of(row: Row[Any]) -> Segment:
    """Of a row of plain SQL, with the columns' own names."""
    return Segment(
        number=row.number,
        start_ms=row.start_ts,
        end_ms=row.end_ts,
        text=row.text,
        words=msgspec.convert(row.words, tuple[Word, ...]),
        shard=row.shard,
        speaker=row.speaker,
        language=row.language,
        edited=row.edited,
    )


def _segment(row: Row[Any]) -> Segment:
    return Segment(**{name: getattr(row, segments.c[name].name) for name in _SHOWN})
