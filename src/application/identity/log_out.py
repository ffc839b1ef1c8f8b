"""End the session a refresh token belongs to; its access tokens stop working at once."""

from dataclasses import dataclass

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
    uow: UnitOfWork

    async def __call__(self, command: LogOut) -> None:
        await self.sessions.end(fingerprint(command.refresh_token))
        await self.uow.commit()
