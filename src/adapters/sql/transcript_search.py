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

# One query in every language: the index finds whichever form a segment was written down in.
_CONFIGS: Final = ("simple", *sorted(set(STEMS.values())))
_ALL: Final = " || ".join(f"websearch_to_tsquery('{name}', :query)" for name in _CONFIGS)
_ANY: Final = " || ".join(
    f"replace(plainto_tsquery('{name}', :query)::text, '&', '|')::tsquery" for name in _CONFIGS
)
_FIND: Final = (
    "SELECT s.number, s.start_ts, s.end_ts, s.text, s.words, s.shard, s.speaker, s.language,"
    " s.edited, s.note_id, n.video_id, n.title,"
    " ts_rank_cd(s.search, q.query, 1)::float AS rank"
    " FROM (SELECT {query} AS query) AS q, segments s"
    " JOIN notes n ON n.workspace_id = s.workspace_id AND n.id = s.note_id"
    " WHERE s.workspace_id = :workspace AND s.search @@ q.query"
    " AND (:everywhere OR s.note_id = ANY(:notes))"
    " ORDER BY rank DESC, s.note_id, s.number LIMIT :limit"
)


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
        rows = await self._session.execute(text(_FIND.format(query=how)), keys)
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
