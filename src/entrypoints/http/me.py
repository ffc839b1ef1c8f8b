"""/v1/me: the signed-in person, and where they may go."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get, patch, post
from litestar.params import JSONBody

from application.identity.edit_account import (
    ChangePassword,
    ChangePasswordHandler,
    RenameUser,
    RenameUserHandler,
)
from application.identity.views import IdentityViews, WorkspaceView
from domain.identity.access import Role, SignedIn
from entrypoints.http.auth import ACCOUNT
from entrypoints.http.sign_in import Password


class WorkspaceResponse(msgspec.Struct):
    id: UUID
    name: str
    allow_urls: bool
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


class RenameMeRequest(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ChangePasswordRequest(msgspec.Struct, forbid_unknown_fields=True):
    current_password: Password
    new_password: Password


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
        return await _me(signed_in, views)

    @patch(operation_id="renameMe")
    @inject
    async def rename(
        self,
        data: JSONBody[RenameMeRequest],
        signed_in: FromDishka[SignedIn],
        handle: FromDishka[RenameUserHandler],
        views: FromDishka[IdentityViews],
    ) -> MeResponse:
        """Change the name others see."""
        await handle(signed_in, RenameUser(name=data.name))
        return await _me(signed_in, views)

    @post("/password", status_code=204, operation_id="changePassword")
    @inject
    async def change_password(
        self,
        data: JSONBody[ChangePasswordRequest],
        signed_in: FromDishka[SignedIn],
        handle: FromDishka[ChangePasswordHandler],
    ) -> None:
        """Change the password; every other session ends."""
        command = ChangePassword(current=data.current_password, new=data.new_password)
        await handle(signed_in, command)


async def _me(signed_in: SignedIn, views: IdentityViews) -> MeResponse:
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
