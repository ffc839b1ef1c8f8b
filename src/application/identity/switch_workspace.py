"""Go on in another workspace: the session moves, and a new access token leads there."""

from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, SignedIn, WorkspaceId
from domain.identity.account import ACCESS_LIFETIME
from domain.identity.ports import (
    AccessClaims,
    AccessTokens,
    Accounts,
    Memberships,
    Principals,
    Sessions,
)
from domain.identity.workspace import WorkspaceNotFound
from domain.kernel.ports import Clock, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchWorkspace:
    workspace_id: WorkspaceId


@dataclass(frozen=True, slots=True)
class SwitchWorkspaceHandler:
    """Answers the new access token; the refresh token stays and leads there too."""

    memberships: Memberships
    sessions: Sessions
    accounts: Accounts
    principals: Principals
    tokens: AccessTokens
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, signed_in: SignedIn, command: SwitchWorkspace) -> str:
        user_id, workspace_id = signed_in.user_id, command.workspace_id
        role = await self.memberships.role_in(workspace_id, user_id)
        if role is None:
            raise WorkspaceNotFound(f"No workspace {workspace_id}.")
        await self.sessions.switch(signed_in.session_id, workspace_id)
        await self.accounts.remember_workspace(user_id, workspace_id)
        await self.principals.become(user_id, workspace_id)
        actor = Actor(user_id=user_id, workspace_id=workspace_id, role=role)
        self.audit.append(actor, "identity.entered", object_type="user", object_id=user_id)
        await self.uow.commit()
        return self.tokens.issue(
            AccessClaims(
                user_id=user_id,
                session_id=signed_in.session_id,
                workspace_id=workspace_id,
                expires_at=self.clock.now() + ACCESS_LIFETIME,
            )
        )
