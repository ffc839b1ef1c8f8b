"""A ticket that opens one WebSocket within 30 seconds."""

from dataclasses import dataclass

from domain.identity.access import Actor, Credential, Permission
from domain.identity.ports import Secrets, TicketHolder, Tickets
from domain.identity.secret import fingerprint
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class IssueTicketHandler:
    tickets: Tickets
    secrets: Secrets
    uow: UnitOfWork

    async def __call__(self, actor: Actor, credential: Credential) -> str:
        actor.require(Permission.JOBS_READ)
        ticket = self.secrets.new("ws")
        holder = TicketHolder(
            user_id=actor.user_id,
            workspace_id=actor.workspace_id,
            max_rank=actor.role.rank,
            credential=credential,
        )
        await self.tickets.add(holder, fingerprint(ticket))
        await self.uow.commit()
        return ticket
