"""Change what a member may do, or end a membership."""

from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission, Role, UserId
from domain.identity.ports import Memberships
from domain.identity.workspace import Membership, may_grant
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRole:
    user_id: UserId
    role: Role
    expected_version: int


@dataclass(frozen=True, slots=True)
class ChangeRoleHandler:
    """The last owner stays owner; only owners make owners."""

    memberships: Memberships
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: ChangeRole) -> Membership:
        actor.require(Permission.MEMBERS_ADMIN)
        membership = await self.memberships.get(actor.workspace_id, command.user_id)
        before = membership.role
        membership.change_role(actor, command.role, command.expected_version)
        self.audit.append(
            actor,
            "identity.role-changed",
            object_type="member",
            object_id=command.user_id,
            before=before,
            after=command.role,
        )
        await self.uow.commit()
        return membership


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMember:
    user_id: UserId


@dataclass(frozen=True, slots=True)
class RemoveMemberHandler:
    """Everyone may leave; removing others takes an admin. The last owner stays."""

    memberships: Memberships
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RemoveMember) -> None:
        is_leaving = command.user_id == actor.user_id and actor.api_key_id is None
        actor.require(Permission.MEMBERS_READ if is_leaving else Permission.MEMBERS_ADMIN)
        membership = await self.memberships.get(actor.workspace_id, command.user_id)
        may_grant(actor, membership.role)
        self.audit.append(
            actor,
            "identity.member-left" if is_leaving else "identity.member-removed",
            object_type="member",
            object_id=command.user_id,
            role=membership.role,
        )
        await self.memberships.remove(membership)
        await self.uow.commit()
