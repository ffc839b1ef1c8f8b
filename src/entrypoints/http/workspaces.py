"""/v1/workspace: the workspace of the token."""

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get

from application.identity.views import IdentityViews
from domain.identity.access import Actor, Permission
from entrypoints.http.me import WorkspaceResponse


class WorkspaceController(Controller):
    path = "/workspace"
    tags = ("Workspaces",)

    @get(operation_id="getWorkspace")
    @inject
    async def show(
        self, actor: FromDishka[Actor], views: FromDishka[IdentityViews]
    ) -> WorkspaceResponse:
        """The workspace this token or key works in."""
        actor.require(Permission.WORKSPACE_READ)
        return WorkspaceResponse.of(await views.workspace(actor.workspace_id, actor.user_id))
