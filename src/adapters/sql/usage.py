"""Quotas and their ledger in SQL; the arithmetic lives in the database's functions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    BigInteger,
    Column,
    String,
    Table,
    TextClause,
    Uuid,
    bindparam,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import metadata
from adapters.sql.pages import read_page
from domain.identity.access import Actor, WorkspaceId
from domain.kernel.pages import Page, PageRequest
from domain.kernel.ports import Clock
from domain.usage.ports import Quotas, UsageEntry, UsageLedger
from domain.usage.quota import (
    JOBS_QUEUED,
    Catalogue,
    LimitChanged,
    QuotaRule,
    QuotaUse,
    check_limit,
)

_RESERVE: Final = text(
    "SELECT app.quota_reserve(:workspace, :quota, :subject, :amount, :standard, :window)"
)
_SETTLE: Final = text(
    "SELECT app.quota_settle(:workspace, :quota, :subject, :amount, :window, :facts)"
).bindparams(bindparam("facts", type_=JSONB))
_RELEASE: Final = text("SELECT app.quota_release(:workspace, :subject)")
_ADMIT: Final = text("SELECT app.quota_admit_jobs(:workspace, :quota, :amount, :standard)")
_LIMITS: Final = text(
    "SELECT name, max_amount, version FROM quotas WHERE workspace_id = :workspace"
)
_COUNTERS: Final = text(
    "SELECT quota, used, window_start FROM quota_counters WHERE workspace_id = :workspace"
)
_UNFINISHED: Final = text(
    "SELECT (SELECT count(*) FROM jobs WHERE workspace_id = :workspace AND status = 'queued')"
    " + (SELECT count(*) FROM jobs WHERE workspace_id = :workspace AND status = 'processing')"
)
_FORGET: Final = text(
    "DELETE FROM reservations"
    " WHERE workspace_id = :workspace AND settled AND window_start <= :until"
)
_SET_LIMIT: Final = text(
    "INSERT INTO quotas AS q (workspace_id, name, max_amount, version, updated_by, updated_at)"
    " VALUES (:workspace, :quota, :limit, :version + 1, :user, :now)"
    " ON CONFLICT (workspace_id, name) DO UPDATE"
    " SET max_amount = excluded.max_amount, version = excluded.version,"
    " updated_by = excluded.updated_by, updated_at = excluded.updated_at"
    " WHERE q.version = :version RETURNING version"
)
entries: Final = Table(
    "usage_entries",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("quota", String, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("actor_id", Uuid),
    Column("facts", JSONB, nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
)


class SqlQuotas(Quotas):
    def __init__(self, session: AsyncSession, catalogue: Catalogue, clock: Clock) -> None:
        self._session = session
        self._catalogue = catalogue
        self._clock = clock

    async def reserve(self, actor: Actor, quota: str, amount: int, *, subject: UUID) -> None:
        rule = self._catalogue.rule(quota)
        admitted = await self._answer(
            _RESERVE,
            workspace=actor.workspace_id,
            quota=quota,
            subject=subject,
            amount=check_limit(amount),
            standard=rule.limit,
            window=rule.window_start(self._clock.now()),
        )
        await self._require(admitted, actor.workspace_id, rule, amount)

    async def settle(
        self,
        actor: Actor,
        quota: str,
        *,
        subject: UUID,
        actual: int,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        window = self._catalogue.rule(quota).window_start(self._clock.now())
        await self._answer(
            _SETTLE,
            workspace=actor.workspace_id,
            quota=quota,
            subject=subject,
            amount=check_limit(actual),
            window=window,
            facts=msgspec.to_builtins(facts or {}),
        )

    async def release(self, workspace_id: WorkspaceId, *, subject: UUID) -> None:
        await self._answer(_RELEASE, workspace=workspace_id, subject=subject)

    async def admit_jobs(self, actor: Actor, amount: int) -> None:
        rule = self._catalogue.rule(JOBS_QUEUED)
        admitted = await self._answer(
            _ADMIT,
            workspace=actor.workspace_id,
            quota=rule.name,
            amount=check_limit(amount),
            standard=rule.limit,
        )
        await self._require(admitted, actor.workspace_id, rule, amount)

    async def forget_spent(self, workspace_id: WorkspaceId, until: datetime) -> None:
        await self._session.execute(_FORGET, {"workspace": workspace_id, "until": until})

    async def uses(self, workspace_id: WorkspaceId) -> tuple[QuotaUse, ...]:
        of_workspace = {"workspace": workspace_id}
        limits = {
            row.name: (row.max_amount, row.version)
            for row in await self._session.execute(_LIMITS, of_workspace)
        }
        now = self._clock.now()
        used = {
            (row.quota, row.window_start): row.used
            for row in await self._session.execute(_COUNTERS, of_workspace)
        }
        if JOBS_QUEUED in self._catalogue.rules:  # its counter is only an upper bound
            used[JOBS_QUEUED, None] = await self._answer(_UNFINISHED, **of_workspace)
        uses = []
        for name, rule in sorted(self._catalogue.rules.items()):
            limit, version = limits.get(name, (None, 1))
            uses.append(
                QuotaUse(
                    rule=rule,
                    limit=rule.limit if limit is None else limit,
                    used=used.get((name, rule.window_start(now)), 0),
                    overridden=limit is not None,
                    version=version,
                    resets_at=rule.resets_at(now),
                )
            )
        return tuple(uses)

    async def use(self, workspace_id: WorkspaceId, quota: str) -> QuotaUse:
        rule = self._catalogue.rule(quota)
        return next(use for use in await self.uses(workspace_id) if use.rule is rule)

    async def set_limit(self, actor: Actor, quota: str, limit: int | None, *, version: int) -> None:
        values = {
            "workspace": actor.workspace_id,
            "quota": self._catalogue.rule(quota).name,
            "limit": None if limit is None else check_limit(limit),
            "user": actor.user_id,
            "now": self._clock.now(),
            "version": version,
        }
        done = await self._session.execute(_SET_LIMIT, values)
        if done.one_or_none() is None:
            raise LimitChanged("Someone else changed this limit first; read it again.")

    async def _answer(self, statement: TextClause, **values: object) -> int:
        """The one value of a statement; quotas count in integers, truth included."""
        return (await self._session.execute(statement, values)).scalar() or 0

    async def _require(
        self, admitted: int, workspace_id: WorkspaceId, rule: QuotaRule, wanted: int
    ) -> None:
        if not admitted:
            use = await self.use(workspace_id, rule.name)
            raise use.refuse(wanted, self._clock.now())


class SqlUsageLedger(UsageLedger):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self, workspace_id: WorkspaceId, request: PageRequest, *, quota: str | None
    ) -> Page[UsageEntry]:
        query = select(*(column for column in entries.c if column.key != "workspace_id"))
        query = query.where(entries.c.workspace_id == workspace_id)
        if quota is not None:
            query = query.where(entries.c.quota == quota)
        keys = (entries.c.id,)
        return await read_page(self._session, query, keys, request, lambda row: UsageEntry(**row))
