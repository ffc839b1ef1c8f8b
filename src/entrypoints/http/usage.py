"""/v1/usage: what is used and left; /v1/quotas: the limits an admin may change."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, put
from litestar.params import FromPath, JSONBody, QueryParameter

from application.usage.edit_limit import EditLimit, EditLimitHandler
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from domain.usage.ports import Quotas, UsageEntry, UsageLedger
from domain.usage.quota import LARGEST, QuotaKind, QuotaUse
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging
from entrypoints.http.versions import IfMatch, expected_version, versioned

QuotaName = Annotated[str | None, QueryParameter(max_length=64)]


class UseResponse(msgspec.Struct):
    """A `stock` is held until it is given back; a `rate` is used up until `resets_at`."""

    quota: str
    kind: QuotaKind
    unit: str
    limit: int
    used: int
    left: int
    resets_at: datetime | None

    @classmethod
    def of(cls, use: QuotaUse) -> Self:
        return cls(
            quota=use.rule.name,
            kind=use.rule.kind,
            unit=use.rule.unit,
            limit=use.limit,
            used=use.used,
            left=use.left,
            resets_at=use.resets_at,
        )


class UsageResponse(msgspec.Struct):
    items: tuple[UseResponse, ...]


class UsageEntryResponse(msgspec.Struct):
    """`amount` in the quota's unit; negative where something held was given back."""

    id: int
    quota: str
    subject: UUID
    amount: int
    actor_id: UUID | None
    facts: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, entry: UsageEntry) -> Self:
        return msgspec.convert(entry, cls, from_attributes=True)


class LimitResponse(msgspec.Struct):
    """`limit` holds; it is `default` unless an admin set another (`overridden`)."""

    quota: str
    kind: QuotaKind
    unit: str
    limit: int
    default: int
    overridden: bool

    @classmethod
    def of(cls, use: QuotaUse) -> Self:
        return cls(
            quota=use.rule.name,
            kind=use.rule.kind,
            unit=use.rule.unit,
            limit=use.limit,
            default=use.rule.limit,
            overridden=use.overridden,
        )


class LimitsResponse(msgspec.Struct):
    items: tuple[LimitResponse, ...]


class LimitRequest(msgspec.Struct, forbid_unknown_fields=True):
    """null: the default again."""

    limit: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)] | None


class UsageController(Controller):
    path = "/usage"
    tags = ("Usage",)

    @get(operation_id="getUsage")
    @inject
    async def show(self, actor: FromDishka[Actor], quotas: FromDishka[Quotas]) -> UsageResponse:
        """What the workspace uses of each quota, and what is left."""
        actor.require(Permission.USAGE_READ)
        uses = await quotas.uses(actor.workspace_id)
        return UsageResponse(items=tuple(map(UseResponse.of, uses)))

    @get("/entries", operation_id="listUsageEntries")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        ledger: FromDishka[UsageLedger],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        quota: QuotaName = None,
    ) -> PageResponse[UsageEntryResponse]:
        """The ledger: who used how much of what, newest first."""
        actor.require(Permission.USAGE_ADMIN)
        page = await ledger.page(actor.workspace_id, paging.asked(cursor, limit), quota=quota)
        return paging.answer(page, UsageEntryResponse.of)


class QuotaController(Controller):
    path = "/quotas"
    tags = ("Usage",)

    @get(operation_id="listQuotas")
    @inject
    async def index(self, actor: FromDishka[Actor], quotas: FromDishka[Quotas]) -> LimitsResponse:
        """The limits of the workspace."""
        actor.require(Permission.USAGE_ADMIN)
        uses = await quotas.uses(actor.workspace_id)
        return LimitsResponse(items=tuple(map(LimitResponse.of, uses)))

    @get("/{quota:str}", operation_id="getQuota")
    @inject
    async def show(
        self, quota: FromPath[str], actor: FromDishka[Actor], quotas: FromDishka[Quotas]
    ) -> Response[LimitResponse]:
        """One limit, with the ETag that changing it needs."""
        actor.require(Permission.USAGE_ADMIN)
        use = await quotas.use(actor.workspace_id, quota)
        return versioned(LimitResponse.of(use), use.version)

    @put("/{quota:str}", operation_id="setQuota")
    @inject
    async def change(
        self,
        quota: FromPath[str],
        data: JSONBody[LimitRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[EditLimitHandler],
        if_match: IfMatch = None,
    ) -> Response[LimitResponse]:
        """Give the workspace a limit of its own, also below what it uses: then nothing is added."""
        expected = expected_version(if_match)
        command = EditLimit(quota=quota, limit=data.limit, expected_version=expected)
        use = await handle(actor, command)
        return versioned(LimitResponse.of(use), use.version)
