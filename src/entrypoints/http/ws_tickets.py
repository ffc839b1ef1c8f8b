"""/v1/ws-tickets: browsers cannot send a token with a WebSocket, so a ticket opens it."""

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, post
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.session import NOBODY, Principal, bind, standing
from application.identity.issue_ticket import IssueTicketHandler
from domain.identity.access import Actor, NotAMember, Permission, Role
from domain.identity.api_key import role_of_key
from domain.identity.ports import Tickets
from domain.identity.secret import fingerprint


class TicketResponse(msgspec.Struct):
    ticket: str
    expires_in: int = 30


class TicketController(Controller):
    path = "/ws-tickets"
    tags = ("Jobs",)

    @post(status_code=201, operation_id="issueTicket")
    @inject
    async def issue(
        self, actor: FromDishka[Actor], handle: FromDishka[IssueTicketHandler]
    ) -> TicketResponse:
        """A ticket for `GET /v1/ws?ticket=`; works once, within 30 seconds."""
        return TicketResponse(ticket=await handle(actor))


async def actor_by_ticket(session: AsyncSession, tickets: Tickets, ticket: str) -> Actor:
    """Redeem a ticket and bind `session` to its holder. Raises InvalidToken or NotAMember."""
    bind(session, NOBODY)
    holder = await tickets.redeem(fingerprint(ticket))
    bind(session, Principal(holder.user_id, holder.workspace_id, max_rank=holder.max_rank))
    found = await standing(session)
    if found.role is None:
        raise NotAMember("The holder of this ticket is no member any more.")
    cap = next(role for role in Role if role.rank == holder.max_rank)
    return Actor(
        user_id=holder.user_id,
        workspace_id=holder.workspace_id,
        role=role_of_key(Role(found.role), cap),
        extra=frozenset(map(Permission, found.permissions)),
    )
