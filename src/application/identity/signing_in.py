"""Open a session for someone who has just proved who they are; shared by register and log in."""

from dataclasses import dataclass

from domain.identity.access import SessionId, UserId, WorkspaceId
from domain.identity.account import ACCESS_LIFETIME, Tokens
from domain.identity.ports import AccessClaims, AccessTokens, Secrets, Sessions
from domain.identity.secret import fingerprint
from domain.kernel.ports import Clock, Ids


@dataclass(frozen=True, slots=True)
class SignIn:
    """The caller commits. `client` names the program, so that a stolen token stands out."""

    sessions: Sessions
    tokens: AccessTokens
    secrets: Secrets
    clock: Clock
    ids: Ids

    async def open(self, user_id: UserId, workspace_id: WorkspaceId | None, client: str) -> Tokens:
        refresh = self.secrets.new("rt")
        session_id = SessionId(self.ids.new())
        await self.sessions.open(
            session_id,
            user_id=user_id,
            workspace_id=workspace_id,
            client=client,
            token_hash=fingerprint(refresh),
            now=self.clock.now(),
        )
        return self.tokens_for(user_id, session_id, workspace_id, refresh)

    def tokens_for(
        self,
        user_id: UserId,
        session_id: SessionId,
        workspace_id: WorkspaceId | None,
        refresh: str,
    ) -> Tokens:
        access = self.tokens.issue(
            AccessClaims(
                user_id=user_id,
                session_id=session_id,
                workspace_id=workspace_id,
                expires_at=self.clock.now() + ACCESS_LIFETIME,
            )
        )
        return Tokens(
            user_id=user_id,
            workspace_id=workspace_id,
            session_id=session_id,
            access_token=access,
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
            refresh_token=refresh,
        )
