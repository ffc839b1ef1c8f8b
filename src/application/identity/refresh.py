"""Trade a refresh token for the next one. Using one twice ends the session, but for a short grace.

A client whose answer was lost may ask again within ten seconds and gets the same successor, as
long as nobody has used that successor yet.
"""

from dataclasses import dataclass

from application.identity.signing_in import SignIn
from domain.audit.ports import AuditLog
from domain.identity.access import Actor, Role
from domain.identity.account import (
    IDLE_LIFETIME,
    REFRESH_GRACE,
    InvalidToken,
    SessionEnded,
    Tokens,
)
from domain.identity.ports import Principals, Rotation, RotationOutcome, Secrets, Sessions
from domain.identity.secret import fingerprint, seal, unseal
from domain.kernel.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    refresh_token: str
    client: str


@dataclass(frozen=True, slots=True)
class RefreshHandler:
    sessions: Sessions
    secrets: Secrets
    principals: Principals
    audit: AuditLog
    sign_in: SignIn
    uow: UnitOfWork

    async def __call__(self, command: Refresh) -> Tokens:
        successor = self.secrets.new("rt")
        rotation = await self.sessions.rotate(
            fingerprint(command.refresh_token),
            new_hash=fingerprint(successor),
            sealed=seal(successor, command.refresh_token),
            client=command.client,
            idle=IDLE_LIFETIME,
            grace=REFRESH_GRACE,
        )
        if rotation.outcome is RotationOutcome.REUSED:
            await self._note(rotation)
        await self.uow.commit()
        user_id, session_id, sealed = rotation.user_id, rotation.session_id, rotation.sealed
        if rotation.outcome is RotationOutcome.UNKNOWN or user_id is None or session_id is None:
            raise InvalidToken("This refresh token is not known; sign in again.")
        if sealed is None:
            raise SessionEnded("This session has ended; sign in again.")
        refresh = unseal(sealed, command.refresh_token)
        return self.sign_in.tokens_for(user_id, session_id, rotation.workspace_id, refresh)

    async def _note(self, rotation: Rotation) -> None:
        if rotation.user_id is None or rotation.workspace_id is None:
            return
        await self.principals.become(rotation.user_id, rotation.workspace_id)
        actor = Actor(
            user_id=rotation.user_id, workspace_id=rotation.workspace_id, role=Role.VIEWER
        )
        self.audit.append(
            actor,
            "identity.refresh-token-reused",
            object_type="session",
            object_id=rotation.session_id,
        )
