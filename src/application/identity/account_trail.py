"""What people do to their own account, noted where others can see it."""

from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, UserId, WorkspaceId
from domain.identity.ports import Memberships, Principals


@dataclass(frozen=True, slots=True)
class AccountTrail:
    """The caller commits. An account has no trail: the workspace its session works in has one."""

    principals: Principals
    memberships: Memberships
    audit: AuditLog

    async def note(self, user_id: UserId, workspace_id: WorkspaceId | None, action: str) -> None:
        """Nothing where they are in no workspace, or not a member any more."""
        if workspace_id is None:
            return
        await self.principals.become(user_id, workspace_id)
        role = await self.memberships.role_in(workspace_id, user_id)
        if role is None:
            return
        actor = Actor(user_id=user_id, workspace_id=workspace_id, role=role)
        self.audit.append(actor, action, object_type="user", object_id=user_id)
