"""Make and revoke API keys."""

from dataclasses import dataclass
from datetime import datetime

from domain.audit.ports import AuditLog
from domain.identity.access import Actor, ApiKeyId, Permission, Role
from domain.identity.api_key import PREFIX_LENGTH, ApiKey, KeyAlreadyOver, may_make_key
from domain.identity.ports import ApiKeys, Secrets
from domain.identity.secret import fingerprint
from domain.identity.workspace import checked_name
from domain.kernel.ports import Clock, Ids, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeApiKey:
    name: str
    role: Role
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class MakeApiKeyHandler:
    """Answers the key and its secret, which is shown this once."""

    keys: ApiKeys
    secrets: Secrets
    audit: AuditLog
    clock: Clock
    ids: Ids
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: MakeApiKey) -> tuple[ApiKey, str]:
        actor.require(Permission.API_KEYS_OWN)
        may_make_key(actor, command.role)
        now = self.clock.now()
        if command.expires_at is not None and command.expires_at <= now:
            raise KeyAlreadyOver("`expires_at` lies in the past.")
        secret = self.secrets.new("key")
        key = ApiKey(
            id=ApiKeyId(self.ids.new()),
            workspace_id=actor.workspace_id,
            user_id=actor.user_id,
            name=checked_name(command.name),
            role=command.role,
            prefix=secret[:PREFIX_LENGTH],
            key_hash=fingerprint(secret),
            created_at=now,
            expires_at=command.expires_at,
        )
        self.keys.add(key)
        self.audit.append(
            actor,
            "identity.api-key-made",
            object_type="api-key",
            object_id=key.id,
            role=command.role,
        )
        await self.uow.commit()
        return key, secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKey:
    key_id: ApiKeyId


@dataclass(frozen=True, slots=True)
class RevokeApiKeyHandler:
    """Members revoke their own; admins anyone's. Row-level security hides the rest."""

    keys: ApiKeys
    audit: AuditLog
    clock: Clock
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: RevokeApiKey) -> None:
        actor.require(Permission.API_KEYS_OWN)
        key = await self.keys.get(actor.workspace_id, command.key_id)
        if key.user_id != actor.user_id:
            actor.require(Permission.API_KEYS_ADMIN)
        key.revoke(self.clock.now())
        self.audit.append(
            actor, "identity.api-key-revoked", object_type="api-key", object_id=key.id
        )
        await self.uow.commit()
