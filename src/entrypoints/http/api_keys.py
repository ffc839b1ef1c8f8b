"""/v1/api-keys: programs that act for a member."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from application.identity.api_keys import (
    MakeApiKey,
    MakeApiKeyHandler,
    RevokeApiKey,
    RevokeApiKeyHandler,
)
from application.identity.views import IdentityViews
from domain.identity.access import Actor, ApiKeyId, Permission, Role
from domain.kernel.pages import DEFAULT_LIMIT
from entrypoints.http.idempotency import IDEMPOTENT, SHOWN_ONCE
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging


class ApiKeyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`role` caps what the key may do; your own role caps it too, today and later."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    role: Role
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ApiKeyResponse(msgspec.Struct):
    id: UUID
    user_id: UUID
    name: str
    role: Role
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, shown: Any) -> Self:
        return msgspec.convert(shown, cls, from_attributes=True)


class NewApiKeyResponse(ApiKeyResponse):
    key: Annotated[
        str,
        msgspec.Meta(description="The key itself; shown once, empty in a repeated answer."),
    ] = ""


class ApiKeyController(Controller):
    path = "/api-keys"
    tags = ("API keys",)

    @get(operation_id="listApiKeys")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        views: FromDishka[IdentityViews],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> PageResponse[ApiKeyResponse]:
        """Your keys; admins see everyone's. Newest first."""
        actor.require(Permission.API_KEYS_OWN)
        page = await views.api_keys(paging.asked(cursor, limit))
        return paging.answer(page, ApiKeyResponse.of)

    @post(
        status_code=201,
        operation_id="makeApiKey",
        middleware=[IDEMPOTENT],
        opt={SHOWN_ONCE: "key"},
    )
    @inject
    async def make(
        self,
        data: JSONBody[ApiKeyRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[MakeApiKeyHandler],
    ) -> NewApiKeyResponse:
        """Make a key that acts as you do, at most with the role it names."""
        command = MakeApiKey(name=data.name, role=data.role, expires_at=data.expires_at)
        key, secret = await handle(actor, command)
        answer = NewApiKeyResponse.of(key)
        answer.key = secret
        return answer

    @delete("/{key_id:uuid}", operation_id="revokeApiKey", status_code=204)
    @inject
    async def revoke(
        self,
        key_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RevokeApiKeyHandler],
    ) -> None:
        """Revoke a key; it stops working at once."""
        await handle(actor, RevokeApiKey(key_id=ApiKeyId(key_id)))
