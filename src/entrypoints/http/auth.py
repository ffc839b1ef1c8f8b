"""Who calls: bearer tokens and API keys to actors. Every route needs one unless it says otherwise.

A handler's `opt` may say `PUBLIC` (nobody needs to be signed in) or `ACCOUNT` (a signed-in person,
member of a workspace or not). Anything else needs a member of the workspace in the token.
"""

from typing import Any, Final

from dishka import AsyncContainer, Scope, provide
from dishka.integrations.litestar import LitestarProvider
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.redis.rate_limit import RateLimiter
from adapters.sql.session import NOBODY, Principal, become, bind, standing
from domain.identity.access import (
    Actor,
    ApiKeyId,
    NotAMember,
    Permission,
    Role,
    SignedIn,
    UserId,
    WorkspaceId,
)
from domain.identity.account import InvalidToken, NeedsSignIn, SessionEnded
from domain.identity.api_key import role_of_key
from domain.identity.ports import AccessTokens
from domain.identity.secret import fingerprint
from entrypoints.http.pagination import CursorSeal, Paging, paging_of
from entrypoints.http.request_limits import RequestLimits
from entrypoints.settings import Settings

PUBLIC: Final = {"access": "public"}
ACCOUNT: Final = {"access": "account"}
KEY_PREFIX: Final = "atl_key_"

Connection = ASGIConnection[Any, Any, Any, Any]


class HttpAuth(LitestarProvider):
    """What the guard found out, for handlers to ask for."""

    @provide(scope=Scope.REQUEST)
    def actor(self, request: Request) -> Actor:  # type: ignore[type-arg]  # dishka's key is the bare class
        actor: Actor = request.scope["user"]
        return actor

    @provide(scope=Scope.REQUEST)
    def signed_in(self, request: Request) -> SignedIn:  # type: ignore[type-arg]
        signed_in: SignedIn = request.scope["auth"]
        return signed_in

    @provide(scope=Scope.APP)
    def limits(self, limiter: RateLimiter, settings: Settings) -> RequestLimits:
        return RequestLimits(limiter, settings.request_rate)

    @provide(scope=Scope.APP)
    def cursor_seal(self, settings: Settings) -> CursorSeal:
        return CursorSeal([key.secret for key in settings.token_keys])

    @provide(scope=Scope.REQUEST)
    def paging(self, request: Request, seal: CursorSeal) -> Paging:  # type: ignore[type-arg]
        """For lists of a workspace, and for lists of one's own account."""
        user: Actor | None = request.scope.get("user")
        return paging_of(request, seal, user.workspace_id if user else "")


async def authenticate(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard on every route: binds the database session, and sets `user` and `auth`, once."""
    if connection.scope.get("authenticated"):
        return
    connection.scope["authenticated"] = True  # type: ignore[typeddict-unknown-key]
    container: AsyncContainer = connection.state.dishka_container
    limits = await container.get(RequestLimits)
    session = await container.get(AsyncSession)
    access = handler.opt.get("access", "member")
    if access == "public":
        bind(session, NOBODY)
        await limits.spend(connection, connection.scope.get("network"))
        return
    token = _bearer(connection)
    if token.startswith(KEY_PREFIX):
        if access == "account":
            raise NeedsSignIn("This concerns an account; an API key cannot do it. Sign in.")
        actor: Actor | None = await _by_key(session, token)
        await limits.spend(connection, actor.api_key_id if actor else None)
    else:
        tokens = await container.get(AccessTokens)
        signed_in, actor = await _by_token(session, tokens, token)
        connection.scope["auth"] = signed_in
        await limits.spend(connection, signed_in.user_id)
    if actor is not None:
        connection.scope["user"] = actor
    elif access == "member":
        raise NotAMember("You are no member of this workspace; switch to another.")


def _bearer(connection: Connection) -> str:
    values = connection.headers.getall("authorization", [])
    scheme, _, token = (values[0] if len(values) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("Send `Authorization: Bearer` with an access token or an API key.")
    return token.strip()


async def _by_token(
    session: AsyncSession, tokens: AccessTokens, token: str
) -> tuple[SignedIn, Actor | None]:
    """One round trip: it begins the transaction, sets the principal and reads the role."""
    claims = tokens.read(token)
    user_id, workspace_id = claims.user_id, claims.workspace_id
    bind(session, Principal(user_id, workspace_id, session_id=claims.session_id))
    found = await standing(session)
    if found.session_ended:
        raise SessionEnded("This session has ended; sign in again.")
    signed_in = SignedIn(user_id=user_id, session_id=claims.session_id, workspace_id=workspace_id)
    if found.role is None or workspace_id is None:
        return signed_in, None
    return signed_in, Actor(
        user_id=user_id,
        workspace_id=workspace_id,
        role=Role(found.role),
        extra=frozenset(map(Permission, found.permissions)),
    )


async def _by_key(session: AsyncSession, token: str) -> Actor:
    """A key acts as its creator does today, at most with its own role, and dies with either."""
    bind(session, NOBODY)
    row = (
        await session.execute(text("SELECT * FROM app.key(:hash)"), {"hash": fingerprint(token)})
    ).first()
    if row is None:
        raise InvalidToken("This API key is not known, was revoked or has expired.")
    if row.stale:
        await session.execute(text("SELECT app.touch_key(:id)"), {"id": row.key_id})
        await session.commit()
    cap = Role(row.role)
    await become(session, Principal(row.user_id, row.workspace_id, max_rank=cap.rank))
    found = await standing(session)
    if found.role is None:
        raise InvalidToken("This API key is not known, was revoked or has expired.")
    return Actor(
        user_id=UserId(row.user_id),
        workspace_id=WorkspaceId(row.workspace_id),
        role=role_of_key(Role(found.role), cap),
        api_key_id=ApiKeyId(row.key_id),
    )
