"""End the session a refresh token belongs to; its access tokens stop working at once."""

from dataclasses import dataclass

from application.identity.account_trail import AccountTrail
from domain.identity.ports import Sessions
from domain.identity.secret import fingerprint
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOut:
    refresh_token: str


@dataclass(frozen=True, slots=True)
class LogOutHandler:
    """Signing out twice, or with a token nobody knows, is fine."""

    sessions: Sessions
    trail: AccountTrail
    uow: UnitOfWork

    async def __call__(self, command: LogOut) -> None:
        ended = await self.sessions.end(fingerprint(command.refresh_token))
        if ended is not None:
            await self.trail.note(*ended, "identity.signed-out")
        await self.uow.commit()
