"""A workspace, who belongs to it and in which role."""

from dataclasses import dataclass
from datetime import datetime

from domain.identity.access import Actor, Permission, PermissionDenied, Role, UserId, WorkspaceId
from domain.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed


class WorkspaceNotFound(NotFound):
    code = "identity.workspace-not-found"


class MemberNotFound(NotFound):
    code = "identity.member-not-found"


class LastOwner(Conflict):
    code = "identity.last-owner"


class BadName(Invalid):
    code = "identity.bad-name"


class WorkspaceChanged(PreconditionFailed):
    code = "identity.workspace-changed"


class MemberChanged(PreconditionFailed):
    code = "identity.member-changed"


MAX_NAME = 200


def checked_name(name: str) -> str:
    """Trimmed, without control characters. Raises BadName."""
    trimmed = " ".join(name.split())
    if not 1 <= len(trimmed) <= MAX_NAME or not trimmed.isprintable():
        raise BadName(f"A name has 1 to {MAX_NAME} printable characters.", maximum=MAX_NAME)
    return trimmed


@dataclass(eq=False, kw_only=True)
class Workspace:
    """`allow_urls`: its members may name pictures and sheets by web address."""

    id: WorkspaceId
    name: str
    created_at: datetime
    allow_urls: bool = False
    deleted_at: datetime | None = None
    version: int = 1

    def rename(self, name: str, expected_version: int) -> None:
        self._expect(expected_version)
        self.name = checked_name(name)

    def set_allow_urls(self, allow: bool, expected_version: int) -> None:  # noqa: FBT001
        self._expect(expected_version)
        self.allow_urls = allow

    def delete(self, expected_version: int, now: datetime) -> None:
        """Access ends at once; retention removes what it holds."""
        self._expect(expected_version)
        self.deleted_at = now

    def _expect(self, version: int) -> None:
        if self.version != version:
            raise WorkspaceChanged(
                "This workspace changed since you read it; read it again.", version=self.version
            )


@dataclass(eq=False, kw_only=True)
class Membership:
    workspace_id: WorkspaceId
    user_id: UserId
    role: Role
    permissions: tuple[Permission, ...] = ()
    created_at: datetime | None = None
    version: int = 1

    def change_role(self, by: Actor, role: Role, expected_version: int) -> None:
        if self.version != expected_version:
            raise MemberChanged(
                "This membership changed since you read it; read it again.", version=self.version
            )
        may_grant(by, self.role)
        may_grant(by, role)
        self.role = role


def may_grant(by: Actor, role: Role) -> None:
    """Only owners make, unmake and remove owners. Raises PermissionDenied."""
    if role is Role.OWNER and by.role is not Role.OWNER:
        raise PermissionDenied("Only an owner can do this to an owner.", needs="workspace:own")
