"""Retention policies, legal holds and the schedule of sweeps, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import Column, Integer, String, Table, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import Value, mapper_registry, metadata
from adapters.sql.pages import read_page
from adapters.sql.refusals import refuse
from domain.identity.access import WorkspaceId
from domain.kernel.pages import Page, PageRequest
from domain.kernel.retention import RetentionClass
from domain.retention.hold import AlreadyHeld, HoldId, HoldNotFound, LegalHold, UnderLegalHold
from domain.retention.policy import PolicyChanged, RetentionPolicy
from domain.retention.ports import LegalHolds, Policies, RetentionSchedule

_INSTANT: Final = DateTimeUTC(timezone=True)
policies: Final = Table(
    "retention_policies",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("days", Value(dict[RetentionClass, int]), nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_by", Uuid),
    Column("updated_at", _INSTANT, nullable=False),
)
holds: Final = Table(
    "legal_holds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("subject", Uuid),
    Column("reason", String, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("released_by", Uuid),
    Column("released_at", _INSTANT),
)
mapper_registry.map_imperatively(LegalHold, holds)
refuse("uq_legal_holds_active", AlreadyHeld, "There is a legal hold on this already.")

LOCK: Final = text("SELECT app.lock_retention(:workspace)")
_CLOSED: Final = text("SELECT deleted_at FROM workspaces WHERE id = :workspace")
_SAVE: Final = text(
    "INSERT INTO retention_policies AS p (workspace_id, days, version, updated_by, updated_at)"
    " VALUES (:workspace, :days, :version, :by, :at)"
    " ON CONFLICT (workspace_id) DO UPDATE SET days = excluded.days, version = excluded.version,"
    " updated_by = excluded.updated_by, updated_at = excluded.updated_at"
    " WHERE p.version = excluded.version - 1 RETURNING version"
).bindparams(bindparam("days", type_=JSONB))
_HELD: Final = text("SELECT app.is_held(:workspace, :subject)")
_DUE: Final = text("SELECT * FROM app.retention_due(:standard, :now)").bindparams(
    bindparam("standard", type_=JSONB)
)
_ALL: Final = text("SELECT * FROM app.retention_workspaces()")


class SqlPolicies(Policies):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, workspace_id: WorkspaceId) -> RetentionPolicy:
        query = select(policies).where(policies.c.workspace_id == workspace_id)
        row = (await self._session.execute(query)).one_or_none()
        closed = await self._session.execute(_CLOSED, {"workspace": workspace_id})
        closed_at = closed.scalar_one_or_none()
        if row is None:
            return RetentionPolicy(workspace_id=workspace_id, closed_at=closed_at)
        return RetentionPolicy(**row._mapping, closed_at=closed_at)  # noqa: SLF001 - its public name

    async def save(self, policy: RetentionPolicy) -> None:
        saved = await self._session.execute(
            _SAVE,
            {
                "workspace": policy.workspace_id,
                "days": {kind.value: days for kind, days in policy.days.items()},
                "version": policy.version,
                "by": policy.updated_by,
                "at": policy.updated_at,
            },
        )
        if saved.one_or_none() is None:
            raise PolicyChanged("Someone else changed the policy first; read it again.")


class SqlLegalHolds(LegalHolds):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, hold: LegalHold) -> None:
        await self._session.execute(LOCK, {"workspace": hold.workspace_id})
        self._session.add(hold)
        await self._session.flush()

    async def get(self, workspace_id: WorkspaceId, hold_id: HoldId) -> LegalHold:
        hold = await self._session.get(LegalHold, hold_id)
        if hold is None or hold.workspace_id != workspace_id:
            raise HoldNotFound("There is no such legal hold.")
        return hold

    async def page(
        self, workspace_id: WorkspaceId, request: PageRequest, *, active: bool
    ) -> Page[LegalHold]:
        c = holds.c
        query = select(LegalHold, c.created_at, c.id).where(c.workspace_id == workspace_id)
        if active:
            query = query.where(c.released_at.is_(None))
        keys = (c.created_at, c.id)
        return await read_page(self._session, query, keys, request, lambda row: row["LegalHold"])

    async def require_free(self, workspace_id: WorkspaceId, subject: UUID) -> None:
        keys = {"workspace": workspace_id, "subject": subject}
        await self._session.execute(LOCK, {"workspace": workspace_id})
        if (await self._session.execute(_HELD, keys)).scalar_one():
            raise UnderLegalHold("A legal hold keeps this; release the hold first.")


class SqlRetentionSchedule(RetentionSchedule):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def with_something_due(
        self, standard: Mapping[RetentionClass, int], now: datetime
    ) -> Sequence[WorkspaceId]:
        numbers = {kind.value: days for kind, days in standard.items()}
        found = await self._session.scalars(_DUE, {"standard": numbers, "now": now})
        return [WorkspaceId(each) for each in found]

    async def all(self) -> Sequence[WorkspaceId]:
        return [WorkspaceId(each) for each in await self._session.scalars(_ALL)]
