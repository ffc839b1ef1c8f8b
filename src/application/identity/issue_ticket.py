"""A ticket that opens one WebSocket within 30 seconds."""

from dataclasses import dataclass

from domain.identity.access import Actor, Permission
from domain.identity.ports import Secrets, Tickets
from domain.identity.secret import fingerprint
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class IssueTicketHandler:
    tickets: Tickets
    secrets: Secrets
    uow: UnitOfWork

    async def __call__(self, actor: Actor) -> str:
        actor.require(Permission.JOBS_READ)
        ticket = self.secrets.new("ws")
        await self.tickets.add(
            actor.user_id, actor.workspace_id, actor.role.rank, fingerprint(ticket)
        )
        await self.uow.commit()
        return ticket
