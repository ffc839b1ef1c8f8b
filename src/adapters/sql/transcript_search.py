"""Full-text search over transcripts, in the languages PostgreSQL knows and as words stand."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.transcripts import STEMS, segment_of
from domain.identity.access import WorkspaceId
from domain.notes.library import Hit
from domain.notes.note import NoteId
from domain.notes.ports import TranscriptSearch
from domain.notes.video import VideoId

_CONFIGS: Final = ("simple", *sorted(set(STEMS.values())))
# Segments of each language are asked in their own: "-running" means no `run` of another tongue.
_LANGUAGES: Final = "(VALUES {}) AS l (stems)".format(
    ", ".join(f"(CAST('{name}' AS regconfig))" for name in _CONFIGS)
)
_SHOWN: Final = (
    "SELECT s.number, s.start_ts, s.end_ts, s.text, s.words, s.shard, s.speaker, s.language,"
    " s.edited, s.note_id, n.video_id, n.title, f.rank FROM found f"
    " JOIN segments s ON s.workspace_id = :workspace AND s.note_id = f.note_id"
    " AND s.number = f.number"
    " JOIN notes n ON n.workspace_id = s.workspace_id AND n.id = s.note_id"
    " ORDER BY f.rank DESC, s.note_id, s.number"
)
_HERE: Final = (
    "s.workspace_id = :workspace AND (:everywhere OR s.note_id = ANY(CAST(:notes AS uuid[])))"
)
_ALL: Final = (
    "WITH found AS (SELECT s.note_id, s.number, ts_rank_cd(s.search, q.query, 1)::float AS rank"
    " FROM {languages} CROSS JOIN LATERAL (SELECT websearch_to_tsquery('simple', :query)"
    " || websearch_to_tsquery(l.stems, :query) AS query) AS q"
    " JOIN segments s ON s.stems = l.stems AND s.search @@ q.query WHERE {here}"
    " ORDER BY rank DESC, s.note_id, s.number LIMIT :limit) {shown}"
)
# Words that mean nothing in a language are left out, unless there are no others. A word counts the
# more the fewer segments have it; it is written as a query by hand, for no function takes it as is.
_ANY: Final = (
    "WITH words AS (SELECT l.stems, w.lexeme, CAST('''' ||"
    r" replace(replace(w.lexeme, '\', '\\'), '''', '''''') || '''' AS tsquery) AS query"
    " FROM {languages} CROSS JOIN LATERAL unnest(coalesce("
    "nullif(to_tsvector(l.stems, :query), CAST('' AS tsvector)),"
    " to_tsvector('simple', :query))) AS w),"
    " said AS (SELECT s.note_id, s.number, count(*) OVER (PARTITION BY w.stems, w.lexeme) AS often"
    " FROM words w JOIN segments s ON s.stems = w.stems AND s.search @@ w.query"
    " WHERE {here}),"
    " found AS (SELECT note_id, number, sum(1.0 / often)::float AS rank FROM said"
    " GROUP BY note_id, number ORDER BY rank DESC, note_id, number LIMIT :limit) {shown}"
)
_PIECES: Final = {"languages": _LANGUAGES, "here": _HERE, "shown": _SHOWN}


class SqlTranscriptSearch(TranscriptSearch):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(
        self, workspace_id: WorkspaceId, query: str, *, limit: int, notes: Sequence[NoteId] = ()
    ) -> tuple[Hit, ...]:
        return await self._find(_ALL, workspace_id, query, limit, notes)

    async def find_any(
        self, workspace_id: WorkspaceId, query: str, *, limit: int, notes: Sequence[NoteId] = ()
    ) -> tuple[Hit, ...]:
        return await self._find(_ANY, workspace_id, query, limit, notes)

    async def _find(
        self,
        how: str,
        workspace_id: WorkspaceId,
        query: str,
        limit: int,
        notes: Sequence[NoteId],
    ) -> tuple[Hit, ...]:
        keys: dict[str, Any] = {
            "workspace": workspace_id,
            "query": query.replace("\0", " "),
            "limit": limit,
            "everywhere": not notes,
            "notes": list(notes),
        }
        rows = await self._session.execute(text(how.format(**_PIECES)), keys)
        return tuple(
            Hit(
                note_id=NoteId(row.note_id),
                video_id=VideoId(row.video_id),
                title=row.title,
                segment=segment_of(row),
                rank=row.rank,
            )
            for row in rows
        )
