"""Change how long a workspace keeps things."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission
from domain.kernel.ports import Clock, UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.retention.policy import RetentionPolicy
from domain.retention.ports import Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPolicy:
    """None goes back to the standard; classes that are absent stay as they are."""

    days: Mapping[RetentionClass, int | None]
    expected_version: int


@dataclass(frozen=True, slots=True)
class EditPolicyHandler:
    policies: Policies
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: EditPolicy) -> RetentionPolicy:
        actor.require(Permission.RETENTION_ADMIN)
        before = await self.policies.get(actor.workspace_id)
        policy = before.changed(
            command.days,
            expected_version=command.expected_version,
            by=actor.user_id,
            now=self.clock.now(),
        )
        await self.policies.save(policy)
        self.audit.append(
            actor,
            "retention.policy-changed",
            object_type="workspace",
            object_id=actor.workspace_id,
            before={kind.value: before.days_of(kind) for kind in command.days},
            after={kind.value: policy.days_of(kind) for kind in command.days},
        )
        await self.uow.commit()
        return policy
