"""Identity's lists, straight from rows to views."""

from typing import Any, Final

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import Column, RowMapping, Select, String, Table, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import metadata
from adapters.sql.identity import api_keys, invitations, memberships, workspaces
from adapters.sql.pages import read_page
from application.identity.views import (
    ApiKeyView,
    IdentityViews,
    InvitationView,
    MemberView,
    UserView,
    WorkspaceView,
)
from domain.identity.access import UserId, WorkspaceId
from domain.identity.workspace import MemberNotFound, WorkspaceNotFound
from domain.kernel.pages import Page, PageRequest

users: Final = Table(  # only the columns the application may read
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", String, nullable=False),
    Column("name", String, nullable=False),
    Column("created_at", DateTimeUTC(timezone=True), nullable=False),
)
_MEMBERS: Final = select(
    memberships.c.user_id,
    users.c.email,
    users.c.name,
    memberships.c.role,
    memberships.c.permissions,
    memberships.c.created_at,
    memberships.c.version,
).join(users, users.c.id == memberships.c.user_id)
_INVITATIONS: Final = select(
    *(column for column in invitations.c if column.key not in {"workspace_id", "token_hash"})
)
_API_KEYS: Final = select(
    *(column for column in api_keys.c if column.key not in {"workspace_id", "key_hash"})
)


class SqlIdentityViews(IdentityViews):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def user(self, user_id: UserId) -> UserView:
        row = (
            (await self._session.execute(select(users).where(users.c.id == user_id)))
            .mappings()
            .one()
        )
        return UserView(**row)

    async def workspaces_of(self, user_id: UserId) -> tuple[WorkspaceView, ...]:
        query = _workspaces(user_id).order_by(memberships.c.created_at, workspaces.c.id)
        rows = (await self._session.execute(query)).mappings()
        return tuple(WorkspaceView(**row) for row in rows)

    async def workspace(self, workspace_id: WorkspaceId, user_id: UserId) -> WorkspaceView:
        query = _workspaces(user_id).where(workspaces.c.id == workspace_id)
        row = (await self._session.execute(query)).mappings().first()
        if row is None:
            raise WorkspaceNotFound(f"No workspace {workspace_id}.")
        return WorkspaceView(**row)

    async def members(self, workspace_id: WorkspaceId, request: PageRequest) -> Page[MemberView]:
        keys = (memberships.c.created_at, memberships.c.user_id)
        query = _MEMBERS.where(memberships.c.workspace_id == workspace_id)  # not my other ones
        return await read_page(self._session, query, keys, request, _member)

    async def member(self, workspace_id: WorkspaceId, user_id: UserId) -> MemberView:
        query = _MEMBERS.where(
            memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id
        )
        row = (await self._session.execute(query)).mappings().first()
        if row is None:
            raise MemberNotFound(f"No member {user_id}.")
        return _member(row)

    async def invitations(self, request: PageRequest) -> Page[InvitationView]:
        keys = (invitations.c.created_at, invitations.c.id)
        return await read_page(
            self._session, _INVITATIONS, keys, request, lambda row: InvitationView(**row)
        )

    async def api_keys(self, request: PageRequest) -> Page[ApiKeyView]:
        keys = (api_keys.c.created_at, api_keys.c.id)
        return await read_page(
            self._session, _API_KEYS, keys, request, lambda row: ApiKeyView(**row)
        )


def _workspaces(user_id: UserId) -> Select[Any]:
    return (
        select(
            workspaces.c.id,
            workspaces.c.name,
            workspaces.c.allow_urls,
            memberships.c.role,
            workspaces.c.created_at,
            workspaces.c.version,
        )
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .where(memberships.c.user_id == user_id, workspaces.c.deleted_at.is_(None))
    )


def _member(row: RowMapping) -> MemberView:
    return MemberView(**row)
