"""/v1/me: the signed-in person, and where they may go."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get

from application.identity.views import IdentityViews, WorkspaceView
from domain.identity.access import Role, SignedIn
from entrypoints.http.auth import ACCOUNT


class WorkspaceResponse(msgspec.Struct):
    id: UUID
    name: str
    role: Role
    created_at: datetime
    version: int

    @classmethod
    def of(cls, view: WorkspaceView) -> Self:
        return msgspec.convert(view, cls, from_attributes=True)


class MeResponse(msgspec.Struct):
    id: UUID
    email: str
    name: str
    created_at: datetime
    workspace_id: UUID | None
    workspaces: tuple[WorkspaceResponse, ...]


class MeController(Controller):
    path = "/me"
    tags = ("Account",)
    opt = ACCOUNT

    @get(operation_id="getMe")
    @inject
    async def show(
        self, signed_in: FromDishka[SignedIn], views: FromDishka[IdentityViews]
    ) -> MeResponse:
        """Who is signed in, in which workspace, and the workspaces they belong to."""
        user = await views.user(signed_in.user_id)
        workspaces = await views.workspaces_of(signed_in.user_id)
        here = signed_in.workspace_id
        return MeResponse(
            id=user.id,
            email=user.email,
            name=user.name,
            created_at=user.created_at,
            workspace_id=here if any(place.id == here for place in workspaces) else None,
            workspaces=tuple(map(WorkspaceResponse.of, workspaces)),
        )
