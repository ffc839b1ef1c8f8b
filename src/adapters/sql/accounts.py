"""Accounts, sessions and tickets; what comes before a principal goes through functions."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.session import NOBODY, Principal, become, bind
from domain.identity.access import Credential, SessionId, UserId, WorkspaceId
from domain.identity.account import (
    IDLE_LIFETIME,
    SESSION_LIFETIME,
    Credentials,
    EmailTaken,
    InvalidToken,
    RegistrationClosed,
)
from domain.identity.ports import (
    Accounts,
    ExpirySweep,
    Principals,
    Rotation,
    RotationOutcome,
    Sessions,
    TicketHolder,
    Tickets,
)


class SqlPrincipals(Principals):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def become(self, user_id: UserId, workspace_id: WorkspaceId | None) -> None:
        await become(self._session, Principal(user_id, workspace_id))


class SqlAccounts(Accounts):
    """`everyone`: anybody may register; else only the first user and the invited."""

    def __init__(self, session: AsyncSession, *, everyone: bool) -> None:
        self._session, self._everyone = session, everyone

    async def register(
        self,
        user_id: UserId,
        *,
        email: str,
        name: str,
        password_hash: str,
        invitation_hash: bytes | None,
    ) -> None:
        outcome = await self._session.scalar(
            text("SELECT app.register(:id, :email, :name, :password, :everyone, :invitation)"),
            {
                "id": user_id,
                "email": email,
                "name": name,
                "password": password_hash,
                "everyone": self._everyone,
                "invitation": invitation_hash,
            },
        )
        if outcome == "taken":
            raise EmailTaken("An account with this address exists; sign in instead.")
        if outcome == "closed":
            raise RegistrationClosed("Registration here needs an invitation to this address.")

    async def credentials(self, email: str) -> Credentials | None:
        row = (
            await self._session.execute(text("SELECT * FROM app.login(:email)"), {"email": email})
        ).first()
        if row is None:
            return None
        return Credentials(
            user_id=UserId(row.user_id),
            password_hash=row.password_hash,
            workspace_id=WorkspaceId(row.workspace_id) if row.workspace_id else None,
        )

    async def email_of(self, user_id: UserId) -> str:
        email: str = (
            await self._session.execute(
                text("SELECT email FROM users WHERE id = :id"), {"id": user_id}
            )
        ).scalar_one()
        return email

    async def rename(self, user_id: UserId, name: str) -> None:
        await self._session.execute(
            text("UPDATE users SET name = :name WHERE id = :id"), {"name": name, "id": user_id}
        )

    async def change_password(self, user_id: UserId, password_hash: str) -> None:
        await self._session.execute(
            text("UPDATE users SET password_hash = :hash WHERE id = :id"),
            {"hash": password_hash, "id": user_id},
        )

    async def remember_workspace(self, user_id: UserId, workspace_id: WorkspaceId) -> None:
        await self._session.execute(
            text(
                "UPDATE users SET last_workspace_id = :workspace"
                " WHERE id = :id AND last_workspace_id IS DISTINCT FROM :workspace"
            ),
            {"workspace": workspace_id, "id": user_id},
        )


class SqlSessions(Sessions):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open(
        self,
        session_id: SessionId,
        *,
        user_id: UserId,
        workspace_id: WorkspaceId | None,
        client: str,
        token_hash: bytes,
        now: datetime,
    ) -> None:
        await self._session.execute(
            text(
                "WITH opened AS ("
                "INSERT INTO sessions (id, user_id, workspace_id, client, expires_at)"
                " VALUES (:id, :user, :workspace, :client, :session_end))"
                " INSERT INTO refresh_tokens (token_hash, user_id, session_id, expires_at)"
                " VALUES (:hash, :user, :id, :token_end)"
            ),
            {
                "id": session_id,
                "user": user_id,
                "workspace": workspace_id,
                "client": client,
                "session_end": now + SESSION_LIFETIME,
                "hash": token_hash,
                "token_end": now + IDLE_LIFETIME,
            },
        )

    async def rotate(
        self,
        old_hash: bytes,
        *,
        new_hash: bytes,
        sealed: bytes,
        client: str,
        idle: timedelta,
        grace: timedelta,
    ) -> Rotation:
        row = (
            await self._session.execute(
                text("SELECT * FROM app.rotate(:old, :new, :sealed, :client, :idle, :grace)"),
                {
                    "old": old_hash,
                    "new": new_hash,
                    "sealed": sealed,
                    "client": client,
                    "idle": idle,
                    "grace": grace,
                },
            )
        ).one()
        return Rotation(
            outcome=RotationOutcome(row.outcome),
            user_id=UserId(row.user_id) if row.user_id else None,
            session_id=SessionId(row.session_id) if row.session_id else None,
            workspace_id=WorkspaceId(row.workspace_id) if row.workspace_id else None,
            sealed=row.sealed,
        )

    async def switch(self, session_id: SessionId, workspace_id: WorkspaceId) -> None:
        await self._session.execute(
            text("UPDATE sessions SET workspace_id = :workspace WHERE id = :id"),
            {"workspace": workspace_id, "id": session_id},
        )

    async def end(self, token_hash: bytes) -> tuple[UserId, WorkspaceId | None] | None:
        row = (
            await self._session.execute(
                text("SELECT * FROM app.end_session(:hash)"), {"hash": token_hash}
            )
        ).first()
        if row is None:
            return None
        return UserId(row.user_id), WorkspaceId(row.workspace_id) if row.workspace_id else None

    async def end_others(self, user_id: UserId, but: SessionId) -> int:
        ended = await self._session.execute(
            text(
                "UPDATE sessions SET revoked_at = now(), revoked_because = 'password changed'"
                " WHERE user_id = :user AND id <> :but AND revoked_at IS NULL RETURNING id"
            ),
            {"user": user_id, "but": but},
        )
        return len(ended.all())


class SqlTickets(Tickets):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, holder: TicketHolder, ticket_hash: bytes) -> None:
        await self._session.execute(
            text(
                "INSERT INTO ws_tickets"
                " (ticket_hash, workspace_id, user_id, max_rank, session_id, api_key_id)"
                " VALUES (:hash, :workspace, :user, :rank, :session, :key)"
            ),
            {
                "hash": ticket_hash,
                "workspace": holder.workspace_id,
                "user": holder.user_id,
                "rank": holder.max_rank,
                "session": holder.credential.session_id,
                "key": holder.credential.api_key_id,
            },
        )

    async def redeem(self, ticket_hash: bytes) -> TicketHolder:
        row = (
            await self._session.execute(
                text("SELECT * FROM app.redeem_ticket(:hash)"), {"hash": ticket_hash}
            )
        ).first()
        await self._session.commit()
        if row is None or not row.valid:
            raise InvalidToken("This ticket was used or has expired; get a new one.")
        return TicketHolder(
            user_id=UserId(row.user_id),
            workspace_id=WorkspaceId(row.workspace_id),
            max_rank=row.max_rank,
            credential=Credential(session_id=row.session_id, api_key_id=row.api_key_id),
        )


class SqlExpirySweep(ExpirySweep):
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def sweep(self) -> int:
        bind(self._session, NOBODY)
        removed: int = (
            await self._session.execute(text("SELECT app.sweep_identity()"))
        ).scalar_one()
        await self._session.commit()
        return removed
