"""People and workspaces in a test database, and sessions that act for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.sql.reader import Connections, Reader
from adapters.sql.refusals import translate_refusals
from adapters.sql.session import Principal, bind, create_engine, new_session
from adapters.system.clock import Uuid7
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from domain.kernel.ports import Clock

NEW = Uuid7().new


class MovableClock(Clock):
    def __init__(self, now: datetime = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, delta: timedelta) -> None:
        self._now += delta

    def set(self, now: datetime) -> None:
        self._now = now


@dataclass(frozen=True)
class Tenants:
    """`admin_url` is for making rows that use cases of other contexts would make."""

    admin_url: str
    app: AsyncEngine
    worker: AsyncEngine

    def actor(self, role: Role = Role.EDITOR, *, workspace: UUID | None = None) -> Actor:
        """A new person with that role, in a new workspace unless one is given."""
        user = NEW()
        with psycopg.connect(self.admin_url) as owner:
            owner.execute(
                "INSERT INTO users (id, email, password_hash) VALUES (%s, %s, 'x')",
                (user, f"{user}@example.org"),
            )
            if workspace is None:
                workspace = NEW()
                owner.execute("INSERT INTO workspaces (id, name) VALUES (%s, 'w')", (workspace,))
            owner.execute(
                "INSERT INTO memberships (workspace_id, user_id, role) VALUES (%s, %s, %s)",
                (workspace, user, role.value),
            )
        return Actor(user_id=UserId(user), workspace_id=WorkspaceId(workspace), role=role)

    def ask(self, query: str, *values: object) -> object:
        """One value, past every policy."""
        with psycopg.connect(self.admin_url) as owner:
            row = owner.execute(query, values).fetchone()  # type: ignore[call-overload]
            return None if row is None else row[0]

    def run(self, statement: str, *values: object) -> None:
        """A change, past every policy."""
        with psycopg.connect(self.admin_url) as owner:
            owner.execute(statement, values)  # type: ignore[call-overload]

    @asynccontextmanager
    async def session(self, actor: Actor, *, worker: bool = False) -> AsyncIterator[AsyncSession]:
        async with new_session(self.worker if worker else self.app) as session:
            bind(session, Principal(actor.user_id, actor.workspace_id))
            yield session

    @asynccontextmanager
    async def reader(self, actor: Actor) -> AsyncIterator[Reader]:
        """Begun for that person, as the guard of a list that reads does."""
        url = self.app.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connections = Connections(url, 1)
        reader = Reader(connections)
        try:
            _ = await reader.begin(Principal(actor.user_id, actor.workspace_id))
            yield reader
        finally:
            await reader.close()
            await connections.close()


@asynccontextmanager
async def tenants_of(admin_url: str, app_url: str, worker_url: str) -> AsyncIterator[Tenants]:
    app, worker = create_engine(app_url), create_engine(worker_url)
    translate_refusals(app)
    translate_refusals(worker)
    try:
        yield Tenants(admin_url, app, worker)
    finally:
        await app.dispose()
        await worker.dispose()
