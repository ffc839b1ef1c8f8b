"""/v1/retention: how long things are kept, what would go now, and what must not."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from application.retention.edit_holds import (
    PlaceHold,
    PlaceHoldHandler,
    ReleaseHold,
    ReleaseHoldHandler,
)
from application.retention.edit_policy import EditPolicy, EditPolicyHandler
from application.retention.report_due import DueLine, ReportDue, ReportDueHandler
from domain.artifacts.artifact import ArtifactId
from domain.identity.access import Actor, Permission
from domain.kernel.pages import DEFAULT_LIMIT
from domain.kernel.retention import RetentionClass
from domain.retention.hold import LONGEST_REASON, HoldId, LegalHold
from domain.retention.policy import LONGEST, SHORTEST, STANDARD, RetentionPolicy
from domain.retention.ports import LegalHolds, Policies
from entrypoints.http.idempotency import IDEMPOTENT
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging
from entrypoints.http.versions import IfMatch, expected_version, versioned

Days = Annotated[int, msgspec.Meta(ge=SHORTEST, le=LONGEST)]
Supposed = Annotated[
    int | None, QueryParameter(ge=SHORTEST, le=LONGEST, description="Suppose this many days.")
]


Active = Annotated[bool, QueryParameter(description="Only those not released.")]


class PolicyResponse(msgspec.Struct):
    """`days` that hold per class; `standard` where nobody changed them."""

    days: dict[RetentionClass, int]
    standard: dict[RetentionClass, int]
    updated_by: UUID | None
    updated_at: datetime | None

    @classmethod
    def of(cls, policy: RetentionPolicy) -> Self:
        return cls(
            days={kind: policy.days_of(kind) for kind in RetentionClass},
            standard=dict(STANDARD),
            updated_by=policy.updated_by,
            updated_at=policy.updated_at,
        )


class PolicyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Classes that are absent stay; null goes back to the standard."""

    days: dict[RetentionClass, Days | None]


class SampleResponse(msgspec.Struct):
    id: str
    name: str
    made_at: datetime


class DueResponse(msgspec.Struct):
    """What was made at `cut` or before. `held`: kept by a legal hold. `size` in bytes."""

    what: str
    retention: RetentionClass | None
    days: int | None
    cut: datetime
    count: int
    size: int
    oldest: datetime | None
    held: int
    samples: tuple[SampleResponse, ...]

    @classmethod
    def of(cls, line: DueLine) -> Self:
        return cls(
            what=line.what,
            retention=line.kind,
            days=line.days,
            cut=line.cut,
            count=line.due.count,
            size=line.due.size,
            oldest=line.due.oldest,
            held=line.due.held,
            samples=tuple(
                SampleResponse(id=sample.id, name=sample.name, made_at=sample.made_at)
                for sample in line.due.samples
            ),
        )


class ReportResponse(msgspec.Struct):
    items: tuple[DueResponse, ...]


class HoldRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Without `artifact_id`, a hold on everything the workspace has and will have."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_REASON)]
    artifact_id: UUID | None = None


class HoldResponse(msgspec.Struct):
    id: UUID
    artifact_id: UUID | None
    reason: str
    created_by: UUID
    created_at: datetime
    released_by: UUID | None
    released_at: datetime | None

    @classmethod
    def of(cls, hold: LegalHold) -> Self:
        return cls(
            id=hold.id,
            artifact_id=hold.subject,
            reason=hold.reason,
            created_by=hold.created_by,
            created_at=hold.created_at,
            released_by=hold.released_by,
            released_at=hold.released_at,
        )


class RetentionController(Controller):
    path = "/retention"
    tags = ("Retention",)

    @get("/policy", operation_id="getRetentionPolicy")
    @inject
    async def show(
        self, actor: FromDishka[Actor], policies: FromDishka[Policies]
    ) -> Response[PolicyResponse]:
        """How many days the workspace keeps what."""
        actor.require(Permission.RETENTION_READ)
        policy = await policies.get(actor.workspace_id)
        return versioned(PolicyResponse.of(policy), policy.version)

    @put("/policy", operation_id="setRetentionPolicy")
    @inject
    async def change(
        self,
        data: JSONBody[PolicyRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[EditPolicyHandler],
        if_match: IfMatch = None,
    ) -> Response[PolicyResponse]:
        """Keep things longer or shorter. What is over then goes with the next sweep."""
        expected = expected_version(if_match)
        policy = await handle(actor, EditPolicy(days=data.days, expected_version=expected))
        return versioned(PolicyResponse.of(policy), policy.version)

    @get("/report", operation_id="getRetentionReport")
    @inject
    async def report(
        self,
        actor: FromDishka[Actor],
        handle: FromDishka[ReportDueHandler],
        raw_input: Supposed = None,
        artifact: Supposed = None,
        log: Supposed = None,
        bulk_zip: Supposed = None,
    ) -> ReportResponse:
        """A dry run: what the next sweep would remove, also under other numbers of days."""
        supposed = {
            RetentionClass.RAW_INPUT: raw_input,
            RetentionClass.ARTIFACT: artifact,
            RetentionClass.LOG: log,
            RetentionClass.BULK_ZIP: bulk_zip,
        }
        days = {kind: number for kind, number in supposed.items() if number is not None}
        lines = await handle(actor, ReportDue(days=days))
        return ReportResponse(items=tuple(map(DueResponse.of, lines)))

    @get("/holds", operation_id="listLegalHolds")
    @inject
    async def holds(
        self,
        actor: FromDishka[Actor],
        holds: FromDishka[LegalHolds],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        active: Active = True,  # noqa: FBT002 - a query parameter has no position
    ) -> PageResponse[HoldResponse]:
        """Legal holds, newest first."""
        actor.require(Permission.RETENTION_READ)
        page = await holds.page(actor.workspace_id, paging.asked(cursor, limit), active=active)
        return paging.answer(page, HoldResponse.of)

    @post("/holds", operation_id="placeLegalHold", status_code=201, middleware=[IDEMPOTENT])
    @inject
    async def place(
        self,
        data: JSONBody[HoldRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[PlaceHoldHandler],
    ) -> Response[HoldResponse]:
        """Keep a file, or everything, whatever its age, until the hold is released."""
        artifact_id = None if data.artifact_id is None else ArtifactId(data.artifact_id)
        hold = await handle(actor, PlaceHold(reason=data.reason, artifact_id=artifact_id))
        return Response(HoldResponse.of(hold), headers={"Location": "/v1/retention/holds"})

    @post("/holds/{hold_id:uuid}/release", operation_id="releaseLegalHold", status_code=200)
    @inject
    async def release(
        self,
        hold_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[ReleaseHoldHandler],
    ) -> HoldResponse:
        """What it covered grows old again."""
        return HoldResponse.of(await handle(actor, ReleaseHold(hold_id=HoldId(hold_id))))
