"""The events many watchers wait for, in one query."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.sql.session import NOBODY, bind, new_session
from domain.jobs.job import JobEvent
from domain.jobs.ports import News, RunNews, Watch

_NEWS: Final = text(
    "SELECT * FROM app.run_news(CAST(:people AS uuid[]), CAST(:workspaces AS uuid[]),"
    " CAST(:sessions AS uuid[]), CAST(:keys AS uuid[]),"
    " CAST(:roots AS uuid[]), CAST(:afters AS bigint[]), CAST(:limits AS int[]))"
)


class SqlRunNews(RunNews):
    """Outside any request: the function itself proves each watcher's membership and credential."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def since(self, watches: Sequence[Watch]) -> Sequence[News]:
        async with new_session(self._engine) as session:
            bind(session, NOBODY)
            asked = {
                "people": [watch.user_id for watch in watches],
                "workspaces": [watch.workspace_id for watch in watches],
                "sessions": [watch.credential.session_id for watch in watches],
                "keys": [watch.credential.api_key_id for watch in watches],
                "roots": [watch.root_id for watch in watches],
                "afters": [watch.after for watch in watches],
                "limits": [watch.limit for watch in watches],
            }
            rows = (await session.execute(_NEWS, asked)).mappings().all()
        found: list[list[JobEvent]] = [[] for _ in watches]
        strangers = set()
        for row in rows:
            place = row["place"] - 1
            if row["is_member"]:
                found[place].append(_event(watches[place], row))
            else:
                strangers.add(place)
        return [
            News(watch=watch, is_member=place not in strangers, events=found[place])
            for place, watch in enumerate(watches)
        ]


def _event(watch: Watch, row: Any) -> JobEvent:
    known = {name: row[name] for name in ("run_seq", "job_id", "seq", "kind", "shard", "type")}
    return JobEvent(root_id=watch.root_id, data=row["data"], at=row["at"], **known)
