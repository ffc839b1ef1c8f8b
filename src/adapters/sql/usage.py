"""Quotas and their ledger in SQL; the arithmetic lives in the database's functions."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import CursorResult, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from domain.identity.access import Actor, WorkspaceId
from domain.kernel.errors import ChangedMeanwhile
from domain.kernel.ports import Clock
from domain.usage.ports import Quotas, UsageEntry, UsageLedger
from domain.usage.quota import JOBS_QUEUED, Catalogue, QuotaRule, QuotaUse, check_limit

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
_FIRST_LIMIT: Final = text(
    "INSERT INTO quotas (workspace_id, name, max_amount, updated_by, updated_at)"
    " VALUES (:workspace, :quota, :limit, :user, :now) ON CONFLICT DO NOTHING"
)
_NEXT_LIMIT: Final = text(
    "UPDATE quotas SET max_amount = :limit, version = version + 1,"
    " updated_by = :user, updated_at = :now"
    " WHERE workspace_id = :workspace AND name = :quota AND version = :version"
)
_ENTRIES: Final = text(
    "SELECT id, quota, subject, amount, actor_id, facts, created_at FROM usage_entries"
    " WHERE workspace_id = :workspace AND (CAST(:quota AS text) IS NULL OR quota = :quota)"
    " AND (CAST(:after AS bigint) IS NULL OR id < :after) ORDER BY id DESC LIMIT :limit"
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
            limit, version = limits.get(name, (None, 0))
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
        done = await self._session.execute(_NEXT_LIMIT if version else _FIRST_LIMIT, values)
        if not isinstance(done, CursorResult) or done.rowcount != 1:
            raise ChangedMeanwhile("Someone else changed this limit first; read it again.")

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
        self, workspace_id: WorkspaceId, *, quota: str | None, after: int | None, limit: int
    ) -> tuple[UsageEntry, ...]:
        rows = await self._session.execute(
            _ENTRIES, {"workspace": workspace_id, "quota": quota, "after": after, "limit": limit}
        )
        return tuple(UsageEntry(**row) for row in rows.mappings())
