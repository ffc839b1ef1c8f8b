"""/v1/ws-tickets: browsers cannot send a token with a WebSocket, so a ticket opens it."""

import re
from typing import Any, Final

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, post
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.session import NOBODY, Principal, bind, standing
from application.identity.issue_ticket import IssueTicketHandler
from domain.identity.access import Actor, Credential, NotAMember, Permission, Role, SignedIn
from domain.identity.account import InvalidToken
from domain.identity.api_key import role_of_key
from domain.identity.ports import Tickets
from domain.identity.secret import fingerprint

_TICKET: Final = re.compile(r"atl_ws_[A-Za-z0-9_-]{43}")


class TicketResponse(msgspec.Struct):
    ticket: str
    expires_in: int = 30


class TicketController(Controller):
    path = "/ws-tickets"
    tags = ("Jobs",)

    @post(status_code=201, operation_id="issueTicket")
    @inject
    async def issue(
        self,
        request: Request[Any, Any, Any],
        actor: FromDishka[Actor],
        handle: FromDishka[IssueTicketHandler],
    ) -> TicketResponse:
        """A ticket for `GET /v1/ws?ticket=`; works once, within 30 seconds."""
        signed_in: SignedIn | None = request.scope.get("auth")
        credential = Credential(
            session_id=signed_in.session_id if signed_in else None, api_key_id=actor.api_key_id
        )
        return TicketResponse(ticket=await handle(actor, credential))


async def actor_by_ticket(
    session: AsyncSession, tickets: Tickets, ticket: str
) -> tuple[Actor, Credential]:
    """Redeem a ticket and bind `session` to its holder. Raises InvalidToken or NotAMember."""
    if not _TICKET.fullmatch(ticket):  # no round trip for what we never gave out
        raise InvalidToken("This is no ticket.")
    bind(session, NOBODY)
    holder = await tickets.redeem(fingerprint(ticket))
    of = holder.credential
    bind(
        session,
        Principal(
            holder.user_id,
            holder.workspace_id,
            max_rank=holder.max_rank,
            session_id=of.session_id,
            key_id=of.api_key_id,
        ),
    )
    found = await standing(session)
    if found.session_ended:
        raise InvalidToken("The session of this ticket has ended.")
    if found.role is None:
        raise NotAMember("The holder of this ticket is no member any more.")
    cap = next(role for role in Role if role.rank == holder.max_rank)
    actor = Actor(
        user_id=holder.user_id,
        workspace_id=holder.workspace_id,
        role=role_of_key(Role(found.role), cap),
        extra=frozenset(map(Permission, found.permissions)),
    )
    return actor, of
