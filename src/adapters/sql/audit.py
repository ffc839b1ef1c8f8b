"""The audit trail in PostgreSQL."""

from datetime import datetime
from typing import Final

import msgspec
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Uuid,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import mapper_registry, metadata
from adapters.sql.pages import read_page
from adapters.sql.session import NOBODY, bind
from domain.audit.entry import GENESIS, AuditEntry, Origin
from domain.audit.ports import AuditLog, AuditSealer, AuditTrail, Author
from domain.identity.access import UserId
from domain.kernel.pages import Page, PageRequest
from domain.kernel.ports import Clock, Ids

entries: Final = Table(
    "audit_entries",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("at", DateTimeUTC(timezone=True), nullable=False),
    Column("actor_id", Uuid),
    Column("api_key_id", Uuid),
    Column("action", String, nullable=False),
    Column("object_type", String, nullable=False),
    Column("object_id", String, nullable=False),
    Column("facts", String, nullable=False),
    Column("request_id", String),
    Column("ip_prefix", String),
    Column("seq", BigInteger),
    Column("hash", LargeBinary),
)
mapper_registry.map_imperatively(AuditEntry, entries)
_JSON: Final = msgspec.json.Encoder(order="sorted")


class SqlAuditLog(AuditLog):
    """Appended rows go out with the next flush, together in one statement."""

    def __init__(self, session: AsyncSession, clock: Clock, ids: Ids, origin: Origin) -> None:
        self._session, self._clock, self._ids, self._origin = session, clock, ids, origin

    def append(
        self, actor: Author, action: str, *, object_type: str, object_id: object, **facts: object
    ) -> None:
        self._session.add(
            AuditEntry(
                workspace_id=actor.workspace_id,
                id=self._ids.new(),
                at=self._clock.now(),
                actor_id=actor.user_id,
                api_key_id=actor.api_key_id,
                action=action,
                object_type=object_type,
                object_id=str(object_id),
                facts=_JSON.encode(facts).decode(),
                request_id=self._origin.request_id,
                ip_prefix=self._origin.ip_prefix,
            )
        )


class SqlAuditTrail(AuditTrail):
    """Row-level security shows the current workspace's entries to its admins."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self,
        request: PageRequest,
        *,
        action: str | None = None,
        actor_id: UserId | None = None,
        object_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[AuditEntry]:
        table = entries.c
        wanted = {table.action: action, table.actor_id: actor_id, table.object_id: object_id}
        query = select(entries).where(
            *(column == value for column, value in wanted.items() if value is not None)
        )
        if since is not None:
            query = query.where(table.at >= since)
        if until is not None:
            query = query.where(table.at < until)
        return await read_page(self._session, query, (table.at, table.id), request, _entry)

    async def sealed(self, after_seq: int, limit: int) -> tuple[AuditEntry, ...]:
        query = select(entries).where(entries.c.seq > after_seq)
        page = query.order_by(entries.c.seq).limit(limit)
        rows = (await self._session.execute(page)).mappings()
        return tuple(_entry(row) for row in rows)

    async def head(self) -> tuple[int, bytes]:
        row = (await self._session.execute(text("SELECT seq, hash FROM audit_heads"))).first()
        return (row.seq, row.hash) if row is not None else (0, GENESIS)


_SEAL: Final = text("SELECT app.seal_audit()")
_FULL: Final = 500  # entries; that many in one call say that there may be more


class SqlAuditSealer(AuditSealer):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def seal(self) -> int:
        bind(self._session, NOBODY)
        total = 0
        while True:
            sealed: int = (await self._session.execute(_SEAL)).scalar_one()
            await self._session.commit()
            total += sealed
            if sealed < _FULL:
                return total


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(**row)
