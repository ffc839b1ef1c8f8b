"""/v1/invitations: ask people in, by e-mail address."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from application.identity.invite import (
    AcceptInvitation,
    AcceptInvitationHandler,
    Invite,
    InviteHandler,
    RevokeInvitation,
    RevokeInvitationHandler,
)
from application.identity.views import IdentityViews
from domain.identity.access import Actor, Permission, Role, SignedIn
from domain.identity.invitation import InvitationId
from domain.kernel.pages import DEFAULT_LIMIT
from entrypoints.http.auth import ACCOUNT
from entrypoints.http.idempotency import IDEMPOTENT, SHOWN_ONCE
from entrypoints.http.pagination import Cursor, Limit, PageResponse, Paging
from entrypoints.http.sign_in import Email, Secret


class InvitationRequest(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    role: Role


class AcceptRequest(msgspec.Struct, forbid_unknown_fields=True):
    token: Secret


class InvitationResponse(msgspec.Struct):
    id: UUID
    email: str
    role: Role
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, shown: Any) -> Self:
        return msgspec.convert(shown, cls, from_attributes=True)


class InvitedResponse(InvitationResponse):
    """`token` is shown once (empty in a repeated answer); pass it to the invited person."""

    token: Annotated[str, msgspec.Meta(description="Good once, for the invited address only.")] = ""


class JoinedResponse(msgspec.Struct):
    workspace_id: UUID
    role: Role


class InvitationController(Controller):
    path = "/invitations"
    tags = ("Members",)

    @get(operation_id="listInvitations")
    @inject
    async def index(
        self,
        actor: FromDishka[Actor],
        views: FromDishka[IdentityViews],
        paging: FromDishka[Paging],
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> PageResponse[InvitationResponse]:
        """Invitations of the workspace, newest first."""
        actor.require(Permission.MEMBERS_ADMIN)
        page = await views.invitations(paging.asked(cursor, limit))
        return paging.answer(page, InvitationResponse.of)

    @post(
        status_code=201,
        operation_id="invite",
        middleware=[IDEMPOTENT],
        opt={SHOWN_ONCE: "token"},
    )
    @inject
    async def invite(
        self,
        data: JSONBody[InvitationRequest],
        actor: FromDishka[Actor],
        handle: FromDishka[InviteHandler],
    ) -> InvitedResponse:
        """Invite someone for seven days; an earlier open invitation to them is revoked."""
        invitation, token = await handle(actor, Invite(email=data.email, role=data.role))
        answer = InvitedResponse.of(invitation)
        answer.token = token
        return answer

    @delete("/{invitation_id:uuid}", operation_id="revokeInvitation", status_code=204)
    @inject
    async def revoke(
        self,
        invitation_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handle: FromDishka[RevokeInvitationHandler],
    ) -> None:
        """Take an invitation back."""
        await handle(actor, RevokeInvitation(invitation_id=InvitationId(invitation_id)))

    @post("/accept", status_code=200, operation_id="acceptInvitation", opt=ACCOUNT)
    @inject
    async def accept(
        self,
        data: JSONBody[AcceptRequest],
        signed_in: FromDishka[SignedIn],
        handle: FromDishka[AcceptInvitationHandler],
    ) -> JoinedResponse:
        """Join the workspace an invitation leads to; switch there to work in it."""
        joined = await handle(signed_in, AcceptInvitation(token=data.token))
        return JoinedResponse(workspace_id=joined.workspace_id, role=joined.role)
