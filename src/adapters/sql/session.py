"""Sessions that tell PostgreSQL who is asking, and prove a job's lease, at every begin."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.sql.refusals import translate_refusals

PRINCIPAL: Final = "principal"
ON_BEGIN: Final = "on_begin"
STANDING: Final = "standing"

_ENTER: Final = text(
    "SELECT role, permissions, session_ended"
    " FROM app.enter(:user_id, :workspace_id, CAST(:max_rank AS smallint), :session_id)"
)


@dataclass(frozen=True, slots=True)
class Principal:
    """Row-level security reads these. Nobody (None, None) sees no tenant row at all.

    `max_rank` (1 viewer … 4 owner) caps what an API key may do. With `session_id` the database
    also says whether that sign-in still lives.
    """

    user_id: UUID | None = None
    workspace_id: UUID | None = None
    max_rank: int = 4
    session_id: UUID | None = None
    key_id: UUID | None = None


NOBODY: Final = Principal()
_USED_AT: Final = "used_at"
_TRUSTED_S: Final = 5.0
POOL_PATIENCE_S: Final = 5.0  # then whoever waits for a connection is told to come again
CONNECT_ARGUMENTS: Final[Mapping[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c idle_in_transaction_session_timeout=5000 -c statement_timeout=10000",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database said at begin: the principal's role there (None: no member)."""

    role: str | None
    permissions: tuple[str, ...]
    session_ended: bool


class NoPrincipal(RuntimeError):
    """A session was used before anybody said for whom: a bug, never the caller's fault."""


class TenantSession(Session):
    """The synchronous half of our sessions; the event below listens to this class alone."""


@event.listens_for(TenantSession, "after_begin")
def _announce(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    principal = session.info.get(PRINCIPAL)
    if not isinstance(principal, Principal):
        raise NoPrincipal("bind(session, principal) comes before the first statement")
    _enter(session, connection, principal)
    prove: Callable[[Connection], None] | None = session.info.get(ON_BEGIN)
    if prove is not None:
        prove(connection)


def _enter(session: Session, connection: Connection, principal: Principal) -> None:
    row = connection.execute(
        _ENTER,
        {
            "user_id": principal.user_id,
            "workspace_id": principal.workspace_id,
            "max_rank": principal.max_rank,
            "session_id": principal.session_id,
        },
    ).one()
    session.info[STANDING] = Standing(row[0], tuple(row[1] or ()), bool(row[2]))


def bind(
    session: AsyncSession,
    principal: Principal,
    on_begin: Callable[[Connection], None] | None = None,
) -> None:
    """Say for whom the session works; `on_begin` runs first in every transaction."""
    session.info[PRINCIPAL] = principal
    session.info[ON_BEGIN] = on_begin


async def become(session: AsyncSession, principal: Principal) -> None:
    """Change the principal, in the open transaction too if there is one."""
    bind(session, principal)
    if session.in_transaction():
        connection = await session.connection()
        await connection.run_sync(lambda raw: _enter(session.sync_session, raw, principal))


async def standing(session: AsyncSession) -> Standing:
    """Begin the transaction, if none has begun, and answer what that showed. One round trip."""
    _ = await session.connection()
    found: Standing = session.info[STANDING]
    return found


def new_session(engine: AsyncEngine) -> AsyncSession:
    return AsyncSession(engine, sync_session_class=TenantSession, expire_on_commit=False)


def readers_of(pool_size: int) -> int:
    """The readers' share of a process's connections."""
    return max(pool_size // 2, 1)


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine for a `postgresql://` URL; connections that died while idle are replaced.

    `pool_size` is the budget of a whole process, which keeps so many and at most doubles them; half
    of it belongs to the readers (`readers_of`) or, in a worker, leaves room for the job engine's 5.
    Its statements raise our refusals where a constraint or policy has one (see `refusals.py`).
    """
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=max(pool_size - readers_of(pool_size), 1),
        max_overflow=pool_size,
        pool_timeout=POOL_PATIENCE_S,
        connect_args=dict(CONNECT_ARGUMENTS),
    )
    translate_refusals(engine)
    _check_idle_connections(engine)
    return engine


def _check_idle_connections(engine: AsyncEngine) -> None:
    """Ask a connection whether it lives only when nobody used it for a while."""

    @event.listens_for(engine.sync_engine, "checkin")
    def _note(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def _check(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        used_at = record.info.get(_USED_AT)
        if used_at is None or time.monotonic() - used_at < _TRUSTED_S:
            return
        dialect = engine.sync_engine.dialect
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool opens another
