"""Sessions that tell PostgreSQL who is asking, and prove a job's lease, at every begin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

PRINCIPAL: Final = "principal"
ON_BEGIN: Final = "on_begin"

_SET_PRINCIPAL: Final = text(
    "SELECT set_config('app.user_id', :user_id, true),"
    " set_config('app.workspace_id', :workspace_id, true)"
)


@dataclass(frozen=True, slots=True)
class Principal:
    """Row-level security reads these two. Nobody (None, None) sees no tenant row at all."""

    user_id: UUID | None = None
    workspace_id: UUID | None = None


NOBODY: Final = Principal()


class NoPrincipal(RuntimeError):
    """A session was used before anybody said for whom: a bug, never the caller's fault."""


class TenantSession(Session):
    """The synchronous half of our sessions; the event below listens to this class alone."""


@event.listens_for(TenantSession, "after_begin")
def _announce(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    principal = session.info.get(PRINCIPAL)
    if not isinstance(principal, Principal):
        raise NoPrincipal("bind(session, principal) comes before the first statement")
    connection.execute(
        _SET_PRINCIPAL,
        {
            "user_id": str(principal.user_id or ""),
            "workspace_id": str(principal.workspace_id or ""),
        },
    )
    prove: Callable[[Connection], None] | None = session.info.get(ON_BEGIN)
    if prove is not None:
        prove(connection)


def bind(
    session: AsyncSession,
    principal: Principal,
    on_begin: Callable[[Connection], None] | None = None,
) -> None:
    """Say for whom the session works; `on_begin` runs first in every transaction."""
    session.info[PRINCIPAL] = principal
    session.info[ON_BEGIN] = on_begin


def new_session(engine: AsyncEngine) -> AsyncSession:
    return AsyncSession(engine, sync_session_class=TenantSession, expire_on_commit=False)


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine for a `postgresql://` URL; broken connections are noticed, not handed out."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "tcp_user_timeout": 10_000,
            "options": "-c idle_in_transaction_session_timeout=5000 -c statement_timeout=10000",
        },
    )
