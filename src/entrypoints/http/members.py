"""/v1/members: who belongs to this workspace."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch
from litestar.params import FromPath, JSONBody

from application.identity.edit_member import (
    ChangeRole,
    ChangeRoleHandler,
    RemoveMember,
    RemoveMemberHandler,
)
from application.identity.views import IdentityViews, MemberView
from domain.identity.access import Actor, Permission, Role, UserId
from domain.kernel.pages import DEFAULT_LIMIT
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging
from entrypoints.http.versions import IfMatch, expected_version, versioned


class MemberRequest(msgspec.Struct, forbid_unknown_fields=True):
    role: Role


class MemberResponse(msgspec.Struct):
    user_id: UUID
    email: str
    name: str
    role: Role
    permissions: tuple[str, ...]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, view: MemberView) -> Self:
        return msgspec.convert(view, cls, from_attributes=True)


class MemberController(Controller):
    path = "/members"
    tags = ("Members",)

    @get(operation_id="listMembers")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        views: FromDishka[IdentityViews],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> PageResponse[MemberResponse]:
        """Members of the workspace, newest first."""
        actor.require(Permission.MEMBERS_READ)
        page = await views.members(actor.workspace_id, paging.asked(cursor, limit))
        return paging.answer(page, MemberResponse.of)

    @get("/{user_id:uuid}", operation_id="getMember")
    @inject
    async def show(
        self, user_id: FromPath[UUID], actor: FromDishka[Actor], views: FromDishka[IdentityViews]
    ) -> Response[MemberResponse]:
        """One member."""
        actor.require(Permission.MEMBERS_READ)
        view = await views.member(actor.workspace_id, UserId(user_id))
        return versioned(MemberResponse.of(view), view.version)

    @patch("/{user_id:uuid}", operation_id="changeMemberRole")
    @inject
    async def change(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[MemberRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[ChangeRoleHandler],
        views: FromDishka[IdentityViews],
        if_match: IfMatch = None,
    ) -> Response[MemberResponse]:
        """Change a member's role. Only owners make or unmake owners; the last one stays."""
        command = ChangeRole(
            user_id=UserId(user_id), role=data.role, expected_version=expected_version(if_match)
        )
        await handle(actor, command)
        view = await views.member(actor.workspace_id, command.user_id)
        return versioned(MemberResponse.of(view), view.version)

    @delete("/{user_id:uuid}", operation_id="removeMember", status_code=204)
    @inject
    async def remove(
        self,
        user_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RemoveMemberHandler],
    ) -> None:
        """Remove a member, or leave. Their access, keys and tickets end at once."""
        await handle(actor, RemoveMember(user_id=UserId(user_id)))
