"""/v1/workspaces: all of mine; /v1/workspace: the one this token works in."""

from typing import Annotated

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post
from litestar.params import JSONBody

from application.identity.edit_workspace import (
    DeleteWorkspace,
    DeleteWorkspaceHandler,
    EditWorkspace,
    EditWorkspaceHandler,
    FoundWorkspace,
    FoundWorkspaceHandler,
)
from application.identity.views import IdentityViews, WorkspaceView
from domain.identity.access import Actor, Permission, Role, SignedIn
from domain.identity.workspace import Workspace
from entrypoints.http.auth import ACCOUNT
from entrypoints.http.me import WorkspaceResponse
from entrypoints.http.versions import IfMatch, expected_version, versioned


class WorkspaceRequest(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class EditWorkspaceRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. `allow_urls` needs the installation's consent as well."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    allow_urls: bool | None = None


class WorkspacesResponse(msgspec.Struct):
    items: tuple[WorkspaceResponse, ...]


class WorkspacesController(Controller):
    path = "/workspaces"
    tags = ("Workspaces",)
    opt = ACCOUNT

    @get(operation_id="listMyWorkspaces")
    @inject
    async def index(
        self, signed_in: FromDishka[SignedIn], views: FromDishka[IdentityViews]
    ) -> WorkspacesResponse:
        """Every workspace the signed-in person belongs to, with their role there."""
        mine = await views.workspaces_of(signed_in.user_id)
        return WorkspacesResponse(items=tuple(map(WorkspaceResponse.of, mine)))

    @post(status_code=201, operation_id="foundWorkspace")
    @inject
    async def found(
        self,
        data: JSONBody[WorkspaceRequest],
        signed_in: FromDishka[SignedIn],
        handle: FromDishka[FoundWorkspaceHandler],
    ) -> Response[WorkspaceResponse]:
        """Make a workspace and own it. Switch there to work in it."""
        workspace = await handle(signed_in, FoundWorkspace(name=data.name))
        return _shown(workspace, Role.OWNER, status_code=201)


class WorkspaceController(Controller):
    path = "/workspace"
    tags = ("Workspaces",)

    @get(operation_id="getWorkspace")
    @inject
    async def show(
        self, actor: FromDishka[Actor], views: FromDishka[IdentityViews]
    ) -> Response[WorkspaceResponse]:
        """The workspace this token or key works in."""
        actor.require(Permission.WORKSPACE_READ)
        view = await views.workspace(actor.workspace_id, actor.user_id)
        return versioned(WorkspaceResponse.of(view), view.version)

    @patch(operation_id="editWorkspace")
    @inject
    async def edit(
        self,
        data: JSONBody[EditWorkspaceRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[EditWorkspaceHandler],
        if_match: IfMatch = None,
    ) -> Response[WorkspaceResponse]:
        """Rename it, or let its members name pictures and sheets by web address."""
        command = EditWorkspace(
            name=data.name,
            allow_urls=data.allow_urls,
            expected_version=expected_version(if_match),
        )
        return _shown(await handle(actor, command), actor.role)

    @delete(operation_id="deleteWorkspace", status_code=204)
    @inject
    async def remove(
        self,
        actor: FromDishka[Actor],
        handle: FromDishka[DeleteWorkspaceHandler],
        if_match: IfMatch = None,
    ) -> None:
        """Delete it: access ends for everyone at once, and its content is removed in time."""
        await handle(actor, DeleteWorkspace(expected_version=expected_version(if_match)))


def _shown(
    workspace: Workspace, role: Role, *, status_code: int = 200
) -> Response[WorkspaceResponse]:
    view = WorkspaceView(
        id=workspace.id,
        name=workspace.name,
        allow_urls=workspace.allow_urls,
        role=role,
        created_at=workspace.created_at,
        version=workspace.version,
    )
    return versioned(WorkspaceResponse.of(view), view.version, status_code=status_code)
