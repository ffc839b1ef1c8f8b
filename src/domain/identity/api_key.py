"""A key that lets a program act as the member who made it, never above that member's role."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.identity.access import Actor, ApiKeyId, PermissionDenied, Role, UserId, WorkspaceId
from domain.kernel.errors import Forbidden, Invalid, NotFound

__all__ = ["ApiKey", "ApiKeyId"]
PREFIX_LENGTH: Final = 12  # of the key, shown in lists; tells keys apart, opens nothing


class ApiKeyNotFound(NotFound):
    code = "identity.api-key-not-found"


class KeyAlreadyOver(Invalid):
    code = "identity.api-key-already-over"


class KeysCannotMakeKeys(Forbidden):
    code = "identity.keys-cannot-make-keys"


@dataclass(eq=False, kw_only=True)
class ApiKey:
    id: ApiKeyId
    workspace_id: WorkspaceId
    user_id: UserId
    name: str
    role: Role
    prefix: str
    key_hash: bytes
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def revoke(self, now: datetime) -> None:
        self.revoked_at = self.revoked_at or now


def may_make_key(actor: Actor, role: Role) -> None:
    """A key is made by a person, at most as strong as they are."""
    if actor.api_key_id is not None:
        raise KeysCannotMakeKeys("A key cannot make keys; sign in to make one.")
    if role.rank > actor.role.rank:
        raise PermissionDenied(
            f"Your role is {actor.role}; a key of yours cannot be {role}.", needs=str(role)
        )


def role_of_key(member: Role, cap: Role) -> Role:
    """What a key may do today: its creator's role, but never more than the key's own."""
    return min(member, cap, key=lambda role: role.rank)
