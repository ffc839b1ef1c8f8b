"""Give a workspace a limit of its own, or the default again."""

from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.ports import UnitOfWork
from domain.usage.ports import Quotas
from domain.usage.quota import QuotaUse


@dataclass(frozen=True, slots=True, kw_only=True)
class EditLimit:
    """`limit` None: the default."""

    quota: str
    limit: int | None
    expected_version: int


@dataclass(frozen=True, slots=True)
class EditLimitHandler:
    quotas: Quotas
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: EditLimit) -> QuotaUse:
        actor.require(Permission.USAGE_ADMIN)
        before = await self.quotas.use(actor.workspace_id, command.quota)
        before.require_version(command.expected_version)
        await self.quotas.set_limit(
            actor, command.quota, command.limit, version=command.expected_version
        )
        after = await self.quotas.use(actor.workspace_id, command.quota)
        self.audit.append(
            actor,
            "usage.limit-changed",
            object_type="quota",
            object_id=command.quota,
            before=before.limit,
            after=after.limit,
        )
        await self.uow.commit()
        return after
