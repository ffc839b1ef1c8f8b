"""/v1/audit: who did what, and proof that nobody rewrote it."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get
from litestar.params import QueryParameter

from application.audit.check_chain import CheckChainHandler
from domain.audit.entry import AuditEntry
from domain.audit.ports import AuditTrail
from domain.identity.access import Actor, Permission, UserId
from domain.kernel.pages import DEFAULT_LIMIT
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging


class AuditEntryResponse(msgspec.Struct):
    """`seq` and `hash` (hex) are there once the entry is sealed, within about a second."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    api_key_id: UUID | None
    action: str
    object_type: str
    object_id: str
    facts: dict[str, Any]
    request_id: str | None
    ip_prefix: str | None
    seq: int | None
    hash: str | None

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        return cls(
            id=entry.id,
            at=entry.at,
            actor_id=entry.actor_id,
            api_key_id=entry.api_key_id,
            action=entry.action,
            object_type=entry.object_type,
            object_id=entry.object_id,
            facts=msgspec.json.decode(entry.facts),
            request_id=entry.request_id,
            ip_prefix=entry.ip_prefix,
            seq=entry.seq,
            hash=None if entry.hash is None else entry.hash.hex(),
        )


class ChainResponse(msgspec.Struct):
    """`intact` is false when `broken_at` names the first entry that does not fit."""

    intact: bool
    checked: int
    head: str
    broken_at: int | None
    broken_entry: UUID | None
    reason: str | None


Text = Annotated[str | None, QueryParameter(max_length=200)]
Instant = Annotated[datetime | None, QueryParameter(description="With a time zone.")]


class AuditController(Controller):
    path = "/audit"
    tags = ("Audit",)

    @get("/entries", operation_id="listAuditEntries")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        trail: FromDishka[AuditTrail],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        action: Text = None,
        actor_id: Annotated[UUID | None, QueryParameter()] = None,
        object_id: Text = None,
        since: Instant = None,
        until: Instant = None,
    ) -> PageResponse[AuditEntryResponse]:
        """The audit trail of the workspace, newest first."""
        actor.require(Permission.AUDIT_READ)
        page = await trail.page(
            paging.asked(cursor, limit),
            action=action,
            actor_id=None if actor_id is None else UserId(actor_id),
            object_id=object_id,
            since=since,
            until=until,
        )
        return paging.answer(page, AuditEntryResponse.of)

    @get("/chain", operation_id="checkAuditChain")
    @inject
    async def check(
        self, actor: FromDishka[Actor], handle: FromDishka[CheckChainHandler]
    ) -> ChainResponse:
        """Recompute the whole chain of hashes."""
        found = await handle(actor)
        return ChainResponse(
            intact=found.broken_at is None,
            checked=found.checked,
            head=found.head,
            broken_at=found.broken_at,
            broken_entry=found.broken_entry,
            reason=found.reason,
        )
