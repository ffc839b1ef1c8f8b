"""Shards of bulk runs, and how one is settled with its rows and its run's counts, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Row,
    String,
    Table,
    Uuid,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import metadata
from domain.artifacts.artifact import ArtifactId
from domain.documents.bulk_run import BulkRun
from domain.documents.ports import BulkShards
from domain.documents.shards import Settled, Shard, ShardNotFound, ShardObject, ShardResult, Slice

shards: Final = Table(
    "bulk_shards",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("bulk_run_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("first_row", Integer, nullable=False),
    Column("last_row", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("input_key", String, nullable=False),
    Column("input_offset", BigInteger, nullable=False),
    Column("input_length", BigInteger, nullable=False),
    Column("done_at", DateTimeUTC(timezone=True)),
    Column("rows_ok", Integer, nullable=False),
    Column("rows_failed", Integer, nullable=False),
    Column("artifact_id", Uuid),
    Column("object_key", String),
    Column("object_size", BigInteger, nullable=False),
    Column("members", Integer, nullable=False),
    Column("members_size", BigInteger, nullable=False),
    Column("engine", String),
    Column("duration_ms", Integer, nullable=False),
)

# Only a shard nobody settled yet is settled; only rows that wait are changed; the run is locked
# last and for the shortest time. Any of the three finding nothing means: too late, roll back.
_SETTLE_SHARD: Final = text(
    "UPDATE bulk_shards SET done_at = :now, rows_ok = :ok, rows_failed = :failed,"
    " object_key = :key, object_size = :size, members = :members,"
    " members_size = :members_size, engine = :engine, duration_ms = :duration"
    " WHERE workspace_id = :workspace AND bulk_run_id = :run AND round = :round"
    " AND shard = :shard AND done_at IS NULL"
)
_SETTLE_ROWS: Final = text(
    "UPDATE bulk_rows b SET status = s, docx_offset = dxo, docx_size = dxs, pdf_offset = pdo,"
    " pdf_size = pds, duration_us = us, error_code = c, error_message = m"
    " FROM json_to_recordset(CAST(:rows AS json)) AS r(n int, s text, dxo bigint, dxs bigint,"
    " pdo bigint, pds bigint, us int, c text, m text)"
    " WHERE b.workspace_id = :workspace AND b.bulk_run_id = :run AND b.row_number = r.n"
    " AND b.round = :round AND b.shard = :shard AND b.status = 'pending'"
)
_COUNT_SHARD: Final = text(
    "UPDATE bulk_runs SET rows_ok = rows_ok + :ok, rows_failed = rows_failed + :failed,"
    " shards_done = shards_done + 1, updated_at = :now, version = version + 1,"
    " phase = CASE WHEN shards_done + 1 = shards THEN 'assembly' ELSE phase END"
    " WHERE workspace_id = :workspace AND id = :run AND round = :round AND status = 'processing'"
    " RETURNING shards_done = shards"
)


class SqlBulkShards(BulkShards):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def plan(self, run: BulkRun, planned: Sequence[Shard]) -> None:
        if not planned:
            return
        rows = [
            {
                "workspace_id": run.workspace_id,
                "bulk_run_id": run.id,
                "round": shard.round,
                "shard": shard.number,
                "first_row": shard.first_row,
                "last_row": shard.last_row,
                "rows": shard.rows,
                "input_key": shard.input.key,
                "input_offset": shard.input.offset,
                "input_length": shard.input.length,
            }
            for shard in planned
        ]
        statement = insert(shards).values(rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                constraint="pk_bulk_shards",
                set_={
                    name: statement.excluded[name]
                    for name in (
                        "first_row", "last_row", "rows",
                        "input_key", "input_offset", "input_length",
                    )
                },  # an intake that begins again has a new object for the same rows
                where=shards.c.done_at.is_(None),
            )
        )  # fmt: skip

    async def get(self, run: BulkRun, number: int) -> Shard:
        c = shards.c
        query = select(shards).where(
            c.workspace_id == run.workspace_id,
            c.bulk_run_id == run.id,
            c.round == run.round,
            c.shard == number,
        )
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise ShardNotFound(f"The run has no shard {number}.")
        return shard_of(row)

    async def settle(
        self, run: BulkRun, shard: Shard, result: ShardResult, now: datetime
    ) -> Settled:
        here = {
            "workspace": run.workspace_id,
            "run": run.id,
            "round": shard.round,
            "shard": shard.number,
        }
        counted = {"ok": result.rows_ok, "failed": result.rows_failed, "now": now}
        facts = {
            "key": result.object and result.object.key,
            "size": result.object.size if result.object else 0,
            "members": result.members,
            "members_size": result.members_size,
            "engine": result.engine,
            "duration": result.duration_ms,
        }
        if await self._changed(_SETTLE_SHARD, here | counted | facts) != 1:
            return Settled.TOO_LATE
        settled = await self._changed(_SETTLE_ROWS, here | {"rows": result.rows_json.decode()})
        if settled != result.rows_ok + result.rows_failed:
            return Settled.TOO_LATE
        del here["shard"]
        last = (await self._session.execute(_COUNT_SHARD, here | counted)).scalar_one_or_none()
        if last is None:
            return Settled.TOO_LATE
        return Settled.LAST if last else Settled.GOES_ON

    async def attach(self, run: BulkRun, shard: Shard, artifact_id: ArtifactId) -> None:
        c = shards.c
        await self._session.execute(
            update(shards)
            .where(
                c.workspace_id == run.workspace_id,
                c.bulk_run_id == run.id,
                c.round == shard.round,
                c.shard == shard.number,
            )
            .values(artifact_id=artifact_id)
        )

    async def objects(self, run: BulkRun) -> tuple[ShardObject, ...]:
        c = shards.c
        query = (
            select(c.artifact_id, c.object_key, c.object_size, c.members, c.members_size)
            .where(c.workspace_id == run.workspace_id, c.bulk_run_id == run.id, c.members > 0)
            .order_by(c.round, c.shard)
        )
        return tuple(
            ShardObject(
                artifact_id=row.artifact_id,
                key=row.object_key,
                size=row.object_size,
                members=row.members,
                members_size=row.members_size,
            )
            for row in await self._session.execute(query)
        )

    async def _changed(self, statement: Any, parameters: dict[str, Any]) -> int:
        result = await self._session.execute(statement, parameters)
        return int(getattr(result, "rowcount", 0))


def shard_of(row: Row[Any]) -> Shard:
    return Shard(
        round=row.round,
        number=row.shard,
        first_row=row.first_row,
        last_row=row.last_row,
        rows=row.rows,
        input=Slice(key=row.input_key, offset=row.input_offset, length=row.input_length),
        done_at=row.done_at,
    )
