"""Who is acting, where, and what they may do."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from domain.kernel.errors import Forbidden

UserId = NewType("UserId", UUID)
WorkspaceId = NewType("WorkspaceId", UUID)
SessionId = NewType("SessionId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)


class Role(StrEnum):
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """1 (viewer) to 4 (owner), as the database's policies compare it."""
        return _RANKS[self]


_RANKS: Final = {role: rank for rank, role in enumerate(Role, start=1)}


class Permission(StrEnum):
    WORKSPACE_READ = "workspace:read"
    WORKSPACE_ADMIN = "workspace:admin"
    WORKSPACE_OWN = "workspace:own"
    MEMBERS_READ = "members:read"
    MEMBERS_ADMIN = "members:admin"
    API_KEYS_OWN = "api-keys:own"
    API_KEYS_ADMIN = "api-keys:admin"
    AUDIT_READ = "audit:read"
    JOBS_READ = "jobs:read"
    JOBS_CANCEL = "jobs:cancel"
    JOBS_RETRY = "jobs:retry"
    ARTIFACTS_READ = "artifacts:read"
    ARTIFACTS_WRITE = "artifacts:write"
    RETENTION_READ = "retention:read"
    RETENTION_ADMIN = "retention:admin"
    USAGE_READ = "usage:read"
    USAGE_ADMIN = "usage:admin"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    DOCUMENTS_DELETE = "documents:delete"
    NOTES_READ = "notes:read"
    NOTES_WRITE = "notes:write"
    NOTES_DELETE = "notes:delete"


_VIEWER: Final = frozenset(
    {
        Permission.WORKSPACE_READ,
        Permission.MEMBERS_READ,
        Permission.JOBS_READ,
        Permission.ARTIFACTS_READ,
        Permission.USAGE_READ,
        Permission.DOCUMENTS_READ,
        Permission.NOTES_READ,
    }
)
_EDITOR: Final = _VIEWER | {
    Permission.API_KEYS_OWN,
    Permission.JOBS_CANCEL,
    Permission.JOBS_RETRY,
    Permission.ARTIFACTS_WRITE,
    Permission.DOCUMENTS_WRITE,
    Permission.NOTES_WRITE,
}
_ADMIN: Final = _EDITOR | {
    Permission.WORKSPACE_ADMIN,
    Permission.MEMBERS_ADMIN,
    Permission.API_KEYS_ADMIN,
    Permission.AUDIT_READ,
    Permission.RETENTION_READ,
    Permission.RETENTION_ADMIN,
    Permission.USAGE_ADMIN,
    Permission.DOCUMENTS_DELETE,
    Permission.NOTES_DELETE,
}
PERMISSIONS_OF: Final = {
    Role.VIEWER: _VIEWER,
    Role.EDITOR: _EDITOR,
    Role.ADMIN: _ADMIN,
    Role.OWNER: frozenset(Permission),
}


class PermissionDenied(Forbidden):
    code = "identity.permission-denied"


class NotAMember(Forbidden):
    code = "identity.not-a-member"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person with a session of their own; what concerns their account needs no workspace."""

    user_id: UserId
    session_id: SessionId
    workspace_id: WorkspaceId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a caller came in with: a session or a key. What was opened with it ends with it."""

    session_id: SessionId | None = None
    api_key_id: ApiKeyId | None = None


NO_CREDENTIAL: Final = Credential()  # what needs none, or proved it a moment ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A principal inside one workspace; the database sees the same user and workspace."""

    user_id: UserId
    workspace_id: WorkspaceId
    role: Role
    extra: frozenset[Permission] = field(default=frozenset())
    api_key_id: ApiKeyId | None = None  # set when a key acts for its creator

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS_OF[self.role] or permission in self.extra

    def require(self, permission: Permission) -> None:
        if not self.may(permission):
            raise PermissionDenied(f"This needs the permission {permission}.", needs=permission)
