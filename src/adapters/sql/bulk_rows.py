"""The rows of bulk runs, written and read set-wise."""

import dataclasses
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Row,
    RowMapping,
    String,
    Table,
    Uuid,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, metadata
from adapters.sql.bulk_shards import shard_of, shards
from adapters.sql.pages import read_page
from domain.artifacts.artifact import ArtifactId
from domain.documents.bulk_run import (
    BulkRowNotFound,
    BulkRun,
    DocumentExpired,
    RowCounts,
    RowHasNoDocument,
    RowStatus,
)
from domain.documents.ports import BulkRows
from domain.documents.run_options import DocumentFormat
from domain.documents.shards import RowDocument, RowView, Shard, Slice
from domain.kernel.pages import Page, PageRequest

rows: Final = Table(
    "bulk_rows",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("bulk_run_id", Uuid, primary_key=True),
    Column("row_number", Integer, primary_key=True),
    Column("status", TextEnum(RowStatus), nullable=False),
    Column("round", Integer, nullable=False),
    Column("shard", Integer),
    Column("file_name", String),
    Column("docx_offset", BigInteger),
    Column("docx_size", BigInteger),
    Column("pdf_offset", BigInteger),
    Column("pdf_size", BigInteger),
    Column("duration_us", Integer),
    Column("error_code", String),
    Column("error_message", String),
    Column("errors", JSONB(none_as_null=True)),
)

# COPY cannot write to tables with row-level security; a JSON record set is as fast.
_TAKE_IN: Final = text(
    "INSERT INTO bulk_rows (workspace_id, bulk_run_id, row_number, status, round, shard,"
    " file_name, error_code, error_message, errors)"
    " SELECT :workspace, :run, n, s, :round, k, f, c, m, e"
    " FROM json_to_recordset(CAST(:rows AS json))"
    " AS r(n int, s text, k int, f text, c text, m text, e jsonb)"
    " ON CONFLICT (workspace_id, bulk_run_id, row_number) DO UPDATE SET status = excluded.status,"
    " round = excluded.round, shard = excluded.shard, file_name = excluded.file_name,"
    " error_code = excluded.error_code, error_message = excluded.error_message,"
    " errors = excluded.errors, duration_us = NULL"
    " WHERE bulk_rows.status <> 'ok'"
)
# The engine is the shard's; how closely it draws the template matters to PDFs alone.
_REPORT: Final = text(
    "SELECT string_agg(line, E'\\n' ORDER BY n) || E'\\n' AS lines, max(n) AS last FROM ("
    "SELECT r.row_number AS n, json_build_object('n', r.row_number, 's', r.status,"
    " 'f', r.file_name, 'dx', r.docx_size, 'pd', r.pdf_size, 'us', r.duration_us,"
    " 'c', r.error_code, 'm', r.error_message,"
    " 'en', CASE WHEN r.status = 'ok' THEN s.engine END,"
    " 'fi', CASE WHEN r.pdf_size IS NOT NULL THEN :fidelity END)::text AS line"
    " FROM bulk_rows r LEFT JOIN bulk_shards s ON s.workspace_id = r.workspace_id"
    " AND s.bulk_run_id = r.bulk_run_id AND s.round = r.round AND s.shard = r.shard"
    " WHERE r.workspace_id = :workspace AND r.bulk_run_id = :run AND r.row_number > :after"
    " ORDER BY r.row_number LIMIT :limit) AS page"
)
_FIDELITY: Final = text(
    "SELECT fidelity FROM template_versions"
    " WHERE workspace_id = :workspace AND template_id = :template AND number = :number"
)

_VIEWED: Final = [each.name for each in dataclasses.fields(RowView) if each.name != "errors"]

_PLACED: Final = (
    *("status", "round", "shard", "file_name", "error_code", "error_message"),
    *("docx_offset", "docx_size", "pdf_offset", "pdf_size"),
)
_SHARED: Final = frozenset({"workspace_id", "bulk_run_id", "round", "shard"})


class SqlBulkRows(BulkRows):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take_in(self, run: BulkRun, rows_json: bytes) -> None:
        await self._session.execute(
            _TAKE_IN,
            {
                "workspace": run.workspace_id,
                "run": run.id,
                "round": run.round,
                "rows": rows_json.decode(),
            },
        )

    async def counts(self, run: BulkRun) -> RowCounts:
        query = select(rows.c.status, func.count()).where(*_of(run)).group_by(rows.c.status)
        found: dict[RowStatus, int] = {row[0]: row[1] for row in await self._session.execute(query)}
        return RowCounts(
            total=sum(found.values()),
            ok=found.get(RowStatus.OK, 0),
            invalid=found.get(RowStatus.INVALID, 0),
            failed=found.get(RowStatus.FAILED, 0),
        )

    async def unfinished(self, run: BulkRun) -> tuple[int, ...]:
        query = (
            select(rows.c.row_number)
            .where(*_of(run), rows.c.status != RowStatus.OK)
            .order_by(rows.c.row_number)
        )
        return tuple((await self._session.scalars(query)).all())

    async def names_taken(self, run: BulkRun) -> tuple[str, ...]:
        query = select(rows.c.file_name).where(*_of(run), rows.c.status == RowStatus.OK)
        return tuple(name for name in (await self._session.scalars(query)).all() if name)

    async def page(
        self, run: BulkRun, *, status: RowStatus | None, request: PageRequest
    ) -> Page[RowView]:
        query = select(rows).where(*_of(run))
        if status in RowStatus.retryable():
            query = query.where(rows.c.status.in_(RowStatus.retryable()))  # what the index holds
        if status is not None:
            query = query.where(rows.c.status == status)
        keys = (rows.c.row_number,)
        return await read_page(self._session, query, keys, request, _view, descending=False)

    async def get(self, run: BulkRun, row_number: int) -> RowView:
        query = select(rows).where(*_of(run), rows.c.row_number == row_number)
        row = (await self._session.execute(query)).mappings().one_or_none()
        if row is None:
            raise _missing(row_number)
        return _view(row)

    async def document(
        self, run: BulkRun, row_number: int, wanted: DocumentFormat | None
    ) -> RowDocument:
        row = await self._with_shard(run, row_number)
        for format_ in (wanted,) if wanted else DocumentFormat:
            offset = getattr(row, f"{format_}_offset")
            if offset is None or row.status is not RowStatus.OK:
                continue
            if row.artifact_id is None:
                raise DocumentExpired("The documents of this run were removed by retention.")
            size = getattr(row, f"{format_}_size")
            return RowDocument(
                file_name=f"{row.file_name}.{format_}",
                format=format_,
                artifact_id=ArtifactId(row.artifact_id),
                place=Slice(key=row.object_key, offset=offset, length=size),
            )
        raise RowHasNoDocument(
            f"Row {row_number} has no {wanted or 'document'}: {_why(row)}",
            row_status=row.status,
            error_code=row.error_code,
        )

    async def input(self, run: BulkRun, row_number: int) -> Shard:
        row = await self._with_shard(run, row_number)
        if row.input_key is None:
            raise RowHasNoDocument(
                f"Row {row_number} has no checked data: {_why(row)}",
                row_status=row.status,
                error_code=row.error_code,
            )
        return shard_of(row)

    async def report(self, run: BulkRun, *, after: int, limit: int) -> tuple[bytes, int]:
        version = {
            "workspace": run.workspace_id,
            "template": run.template_id,
            "number": run.template_number,
        }
        fidelity = (await self._session.execute(_FIDELITY, version)).scalar_one()
        page = (
            await self._session.execute(
                _REPORT,
                {
                    "workspace": run.workspace_id,
                    "run": run.id,
                    "after": after,
                    "limit": limit,
                    "fidelity": fidelity,
                },
            )
        ).one()
        return (page.lines or "").encode(), page.last or 0

    async def _with_shard(self, run: BulkRun, row_number: int) -> Row[Any]:
        """A row with the columns of its shard, which are NULL where it has none."""
        own = (rows.c[name] for name in _PLACED)
        joined = rows.outerjoin(
            shards,
            (shards.c.workspace_id == rows.c.workspace_id)
            & (shards.c.bulk_run_id == rows.c.bulk_run_id)
            & (shards.c.round == rows.c.round)
            & (shards.c.shard == rows.c.shard),
        )
        query = (
            select(*own, *(c for c in shards.c if c.key not in _SHARED))
            .select_from(joined)
            .where(*_of(run), rows.c.row_number == row_number)
        )
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise _missing(row_number)
        return row


def _of(run: BulkRun) -> tuple[Any, ...]:
    return rows.c.workspace_id == run.workspace_id, rows.c.bulk_run_id == run.id


def _view(row: RowMapping) -> RowView:
    named = {name: row[name] for name in _VIEWED}
    return RowView(**named, errors=tuple(row["errors"] or ()))


def _missing(row_number: int) -> BulkRowNotFound:
    return BulkRowNotFound(f"The run has no row {row_number}.")


def _why(row: Row[Any]) -> str:
    return row.error_message or f"it is {row.status}."
