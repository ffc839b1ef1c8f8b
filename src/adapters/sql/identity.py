"""Workspaces, memberships, invitations and API keys in PostgreSQL."""

from datetime import datetime
from typing import Final

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.base import TextEnum, mapper_registry, metadata
from adapters.sql.refusals import refuse
from domain.identity.access import ApiKeyId, Permission, Role, UserId, WorkspaceId
from domain.identity.api_key import ApiKey, ApiKeyNotFound
from domain.identity.invitation import (
    AlreadyInvited,
    Invitation,
    InvitationId,
    InvitationNotFound,
    InvitationOver,
)
from domain.identity.ports import (
    Acceptance,
    ApiKeys,
    Invitations,
    Memberships,
    Workspaces,
)
from domain.identity.workspace import (
    LastOwner,
    MemberNotFound,
    Membership,
    Workspace,
    WorkspaceNotFound,
)

_INSTANT: Final = DateTimeUTC(timezone=True)

workspaces: Final = Table(
    "workspaces",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),
    Column("allow_urls", Boolean, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("deleted_at", _INSTANT),
    Column("version", Integer, nullable=False),
)
memberships: Final = Table(
    "memberships",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("role", TextEnum(Role), nullable=False),
    Column("permissions", ARRAY(TextEnum(Permission), as_tuple=True), nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("version", Integer, nullable=False),
)
invitations: Final = Table(
    "invitations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("email", String, nullable=False),
    Column("role", TextEnum(Role), nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("invited_by", Uuid),
    Column("created_at", _INSTANT, nullable=False),
    Column("expires_at", _INSTANT, nullable=False),
    Column("accepted_at", _INSTANT),
    Column("revoked_at", _INSTANT),
)
api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("name", String, nullable=False),
    Column("role", TextEnum(Role), nullable=False),
    Column("prefix", String, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("expires_at", _INSTANT),
    Column("last_used_at", _INSTANT),
    Column("revoked_at", _INSTANT),
)
mapper_registry.map_imperatively(Workspace, workspaces, version_id_col=workspaces.c.version)
mapper_registry.map_imperatively(Membership, memberships, version_id_col=memberships.c.version)
mapper_registry.map_imperatively(Invitation, invitations)
mapper_registry.map_imperatively(ApiKey, api_keys)

refuse(
    "ck_memberships_last_owner",
    LastOwner,
    "A workspace keeps at least one owner; make someone else an owner first.",
)
refuse(
    "uq_invitations_open",
    AlreadyInvited,
    "This address has an open invitation; revoke that one first.",
)


class SqlWorkspaces(Workspaces):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def found(self, workspace_id: WorkspaceId, name: str) -> None:
        await self._session.execute(
            text("SELECT app.found(:id, :name)"), {"id": workspace_id, "name": name}
        )

    async def get(self, workspace_id: WorkspaceId) -> Workspace:
        workspace = await self._session.get(Workspace, workspace_id)
        if workspace is None or workspace.deleted_at is not None:
            raise WorkspaceNotFound(f"No workspace {workspace_id}.")
        return workspace


class SqlMemberships(Memberships):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def role_in(self, workspace_id: WorkspaceId, user_id: UserId) -> Role | None:
        found: Role | None = await self._session.scalar(
            select(memberships.c.role).where(
                memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id
            )
        )
        return found

    async def get(self, workspace_id: WorkspaceId, user_id: UserId) -> Membership:
        membership = await self._session.get(Membership, (workspace_id, user_id))
        if membership is None:
            raise MemberNotFound(f"No member {user_id}.")
        return membership

    async def has_email(self, workspace_id: WorkspaceId, email: str) -> bool:
        found = await self._session.execute(
            text(
                "SELECT 1 FROM users JOIN memberships ON user_id = users.id"
                " WHERE workspace_id = :workspace AND lower(email) = :email"
            ),
            {"workspace": workspace_id, "email": email},
        )
        return found.first() is not None

    async def remove(self, membership: Membership) -> None:
        await self._session.delete(membership)
        await self._session.flush()

    async def remove_all(self, workspace_id: WorkspaceId) -> None:
        await self._session.flush()
        await self._session.execute(
            delete(memberships).where(memberships.c.workspace_id == workspace_id)
        )


class SqlInvitations(Invitations):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, invitation: Invitation) -> None:
        self._session.add(invitation)
        await self._session.flush()

    async def get(self, workspace_id: WorkspaceId, invitation_id: InvitationId) -> Invitation:
        invitation = await self._session.get(Invitation, invitation_id)
        if invitation is None or invitation.workspace_id != workspace_id:
            raise InvitationNotFound(f"No invitation {invitation_id}.")
        return invitation

    async def revoke_open(self, workspace_id: WorkspaceId, email: str, now: datetime) -> None:
        await self._session.execute(
            update(invitations)
            .where(
                invitations.c.workspace_id == workspace_id,
                invitations.c.email == email,
                invitations.c.accepted_at.is_(None),
                invitations.c.revoked_at.is_(None),
            )
            .values(revoked_at=now)
        )

    async def accept(self, token_hash: bytes) -> Acceptance:
        row = (
            await self._session.execute(
                text("SELECT * FROM app.accept_invitation(:hash)"), {"hash": token_hash}
            )
        ).one()
        if row.outcome == "unknown":
            raise InvitationNotFound("No such invitation for the address of your account.")
        if row.outcome == "over":
            raise InvitationOver("This invitation was used, revoked or has expired; ask anew.")
        return Acceptance(
            invitation_id=InvitationId(row.invitation_id),
            workspace_id=WorkspaceId(row.workspace_id),
            role=Role(row.role),
        )


class SqlApiKeys(ApiKeys):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, key: ApiKey) -> None:
        self._session.add(key)

    async def get(self, workspace_id: WorkspaceId, key_id: ApiKeyId) -> ApiKey:
        key = await self._session.get(ApiKey, key_id)
        if key is None or key.workspace_id != workspace_id:
            raise ApiKeyNotFound(f"No API key {key_id}.")
        return key
