"""What the stages of a note made, in SQL."""

from collections.abc import Sequence
from typing import Any, Final

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    String,
    Table,
    Uuid,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, Value, metadata
from domain.notes.note import Note, Stage
from domain.notes.parts import Landed, Part, PartState
from domain.notes.ports import NoteParts

parts: Final = Table(
    "note_parts",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("note_id", Uuid, primary_key=True),
    Column("stage", TextEnum(Stage), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("input", String, nullable=False),
    Column("state", TextEnum(PartState), nullable=False),
    Column("result", Value(dict[str, Any]), nullable=False),
    Column("key", String),
    Column("error", Value(dict[str, Any])),
    Column("wall_ms", BigInteger, nullable=False),
    Column("cpu_ms", BigInteger, nullable=False),
    Column("done_at", DateTimeUTC(timezone=True)),
)
_MADE: Final = ("input", "state", "result", "key", "error", "wall_ms", "cpu_ms", "done_at")

# Stages that end at the same time meet here: the later one sees what the earlier one wrote.
_MEET: Final = text(
    "UPDATE notes SET updated_at = now() WHERE workspace_id = :workspace AND id = :note"
    " AND run = :run AND status = 'processing' RETURNING 1"
)


class SqlNoteParts(NoteParts):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def plan(self, note: Note, planned: Sequence[Part]) -> tuple[Part, ...]:
        if not planned:
            return ()
        statement = insert(parts).values(
            [self._here(note, part.stage, part.shard) | _row(note, part) for part in planned]
        )
        fresh = statement.excluded
        kept = (parts.c.input == fresh.input) & (parts.c.state == PartState.DONE.value)
        changed = {name: fresh[name] for name in _MADE}
        # an unchanged part that is done stays as it is; every other one is asked for anew
        written = await self._session.execute(
            statement.on_conflict_do_update(
                constraint="pk_note_parts", set_={"run": note.run, **changed}, where=~kept
            ).returning(parts.c.stage, parts.c.shard)
        )
        due = {(row.stage, row.shard) for row in written}
        await self._forget_rest(note, planned)
        return tuple(part for part in planned if (part.stage, part.shard) in due)

    async def of(self, note: Note, stage: Stage) -> tuple[Part, ...]:
        c = parts.c
        query = (
            select(parts)
            .where(c.workspace_id == note.workspace_id, c.note_id == note.id, c.stage == stage)
            .order_by(c.shard)
        )
        return tuple(_part(row) for row in await self._session.execute(query))

    async def all(self, note: Note) -> tuple[Part, ...]:
        c = parts.c
        query = (
            select(parts)
            .where(c.workspace_id == note.workspace_id, c.note_id == note.id)
            .order_by(c.stage, c.shard)
        )
        return tuple(_part(row) for row in await self._session.execute(query))

    async def reopen(
        self, note: Note, stages: Sequence[Stage], shards: Sequence[int] | None = None
    ) -> int:
        c = parts.c
        here = (c.workspace_id == note.workspace_id, c.note_id == note.id, c.stage.in_(stages))
        chosen = () if shards is None else (c.shard.in_(shards),)
        reopened = await self._session.execute(
            update(parts)
            .where(*here, *chosen)
            .values(state=PartState.WAITING, error=None, done_at=None, run=note.run)
        )
        return int(getattr(reopened, "rowcount", 0))

    async def land(self, note: Note, part: Part) -> Landed:
        c = parts.c
        here = (c.workspace_id == note.workspace_id, c.note_id == note.id, c.stage == part.stage)
        landed = await self._session.execute(
            update(parts)
            .where(*here, c.shard == part.shard, c.state == PartState.WAITING)
            .values(**{name: getattr(part, name) for name in _MADE if name != "input"})
        )
        if not getattr(landed, "rowcount", 0) or not await self._meet(note):
            return Landed.TOO_LATE
        waiting = await self._session.execute(
            select(func.count()).where(*here, c.state == PartState.WAITING)
        )
        return Landed.GOES_ON if waiting.scalar_one() else Landed.LAST

    async def _meet(self, note: Note) -> bool:
        where = {"workspace": note.workspace_id, "note": note.id, "run": note.run}
        return (await self._session.execute(_MEET, where)).first() is not None

    async def _forget_rest(self, note: Note, planned: Sequence[Part]) -> None:
        """Shards that an earlier run had and this one has not."""
        for stage in {part.stage for part in planned}:
            wanted = [part.shard for part in planned if part.stage is stage]
            c = parts.c
            await self._session.execute(
                parts.delete().where(
                    c.workspace_id == note.workspace_id,
                    c.note_id == note.id,
                    c.stage == stage,
                    c.shard.not_in(wanted),
                )
            )

    def _here(self, note: Note, stage: Stage, shard: int) -> dict[str, Any]:
        return {
            "workspace_id": note.workspace_id,
            "note_id": note.id,
            "stage": stage,
            "shard": shard,
        }


def _row(note: Note, part: Part) -> dict[str, Any]:
    return {"run": note.run} | {name: getattr(part, name) for name in _MADE}


def _part(row: Row[Any]) -> Part:
    return Part(stage=row.stage, shard=row.shard, **{name: getattr(row, name) for name in _MADE})
