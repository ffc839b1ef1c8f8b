"""Make, edit and delete workspaces."""

from dataclasses import dataclass

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Permission, Role, SignedIn, WorkspaceId
from domain.identity.ports import Memberships, Principals, Workspaces
from domain.identity.workspace import Workspace, checked_name
from domain.kernel.ports import Clock, Ids, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWorkspace:
    name: str


@dataclass(frozen=True, slots=True)
class FoundWorkspaceHandler:
    """Whoever makes a workspace owns it."""

    workspaces: Workspaces
    principals: Principals
    audit: AuditLog
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, signed_in: SignedIn, command: FoundWorkspace) -> Workspace:
        workspace_id = WorkspaceId(self.ids.new())
        actor = Actor(user_id=signed_in.user_id, workspace_id=workspace_id, role=Role.OWNER)
        await self.principals.become(signed_in.user_id, workspace_id)
        await self.workspaces.found(workspace_id, checked_name(command.name))
        self.audit.append(
            actor, "identity.workspace-founded", object_type="workspace", object_id=workspace_id
        )
        workspace = await self.workspaces.get(workspace_id)
        await self.uow.commit()
        return workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class EditWorkspace:
    """What is None stays as it is."""

    name: str | None = None
    allow_urls: bool | None = None
    expected_version: int


@dataclass(frozen=True, slots=True)
class EditWorkspaceHandler:
    workspaces: Workspaces
    audit: AuditLog
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: EditWorkspace) -> Workspace:
        actor.require(Permission.WORKSPACE_ADMIN)
        workspace = await self.workspaces.get(actor.workspace_id)
        if command.name is not None:
            workspace.rename(command.name, command.expected_version)
            self._note(actor, "identity.workspace-renamed")
        if command.allow_urls is not None:
            workspace.set_allow_urls(command.allow_urls, command.expected_version)
            self._note(actor, f"identity.urls-{'allowed' if command.allow_urls else 'forbidden'}")
        await self.uow.commit()
        return workspace

    def _note(self, actor: Actor, action: str) -> None:
        self.audit.append(actor, action, object_type="workspace", object_id=actor.workspace_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWorkspace:
    expected_version: int


@dataclass(frozen=True, slots=True)
class DeleteWorkspaceHandler:
    """Nobody is a member from the next statement on; retention removes what is left."""

    workspaces: Workspaces
    memberships: Memberships
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: DeleteWorkspace) -> None:
        actor.require(Permission.WORKSPACE_OWN)
        workspace = await self.workspaces.get(actor.workspace_id)
        workspace.delete(command.expected_version, self.clock.now())
        self.audit.append(
            actor, "identity.workspace-deleted", object_type="workspace", object_id=workspace.id
        )
        await self.memberships.remove_all(workspace.id)
        await self.uow.commit()
