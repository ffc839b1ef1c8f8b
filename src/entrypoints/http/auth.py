"""Who calls: bearer tokens and API keys to actors. Every route needs one unless it says otherwise.

A handler's `opt` may say `PUBLIC` (nobody needs to be signed in) or `ACCOUNT` (a signed-in person,
member of a workspace or not). Anything else needs a member of the workspace in the token. With
`READS` the request's `Reader` has already begun: for lists that are asked for very often.
"""

import re
from typing import Any, Final

from dishka import AsyncContainer, Scope, provide
from dishka.integrations.litestar import LitestarProvider
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.redis.rate_limit import RateLimiter
from adapters.sql.reader import Reader
from adapters.sql.session import NOBODY, Principal, bind
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
from domain.identity.ports import AccessClaims, AccessTokens
from domain.identity.secret import fingerprint
from domain.kernel.errors import Malformed
from entrypoints.http.job_gauges import JobGauges
from entrypoints.http.key_failures import KeyFailures
from entrypoints.http.pagination import CursorSeal, Paging, paging_of
from entrypoints.http.request_limits import RequestLimits
from entrypoints.settings import Settings

PUBLIC: Final = {"access": "public"}
ACCOUNT: Final = {"access": "account"}
READS: Final = {"reads": True}
KEY_PREFIX: Final = "atl_key_"
_KEY_SHAPE: Final = re.compile(r"atl_key_[A-Za-z0-9_-]{43}")
_KEY: Final = "SELECT key_id, user_id, workspace_id, cap, role, stale FROM app.key(%s)"
_TOUCH: Final = "SELECT app.touch_key(%s)"

Connection = ASGIConnection[Any, Any, Any, Any]


class RepeatedParameter(Malformed):
    code = "http.repeated-parameter"


class NullParameter(Malformed):
    code = "http.null-parameter"


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

    job_gauges = provide(JobGauges, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def key_failures(self, limiter: RateLimiter) -> KeyFailures:
        return KeyFailures(limiter)

    @provide(scope=Scope.APP)
    def cursor_seal(self, settings: Settings) -> CursorSeal:
        return CursorSeal([key.secret for key in settings.token_keys])

    @provide(scope=Scope.REQUEST)
    def paging(self, request: Request, seal: CursorSeal) -> Paging:  # type: ignore[type-arg]
        """For lists of a workspace, and for lists of one's own account."""
        user: Actor | None = request.scope.get("user")
        return paging_of(request, seal, user.workspace_id if user else "")


async def authenticate(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard on every route: finds out who calls and sets `principal`, `auth` and `user`, once."""
    scope: Any = connection.scope
    if "principal" in scope:
        return
    _refuse_ambiguity(scope["query_string"])
    container: AsyncContainer = connection.state.dishka_container
    limits = await container.get(RequestLimits)
    access, reads = handler.opt.get("access", "member"), bool(handler.opt.get("reads"))
    if access == "public":
        scope["principal"] = NOBODY
        await limits.spend(scope, scope.get("network"))
    else:
        reader, token = await container.get(Reader), _bearer(connection)
        if token.startswith(KEY_PREFIX):
            failures = await container.get(KeyFailures)
            await _enter_by_key(scope, reader, failures, token, reads=reads)
        else:
            tokens = await container.get(AccessTokens)
            await _enter_by_token(scope, reader, tokens.read(token), reads=reads)
        await limits.spend(scope, scope["principal"].key_id or scope["principal"].user_id)
        _check(scope, access)
    if not reads:
        bind(await container.get(AsyncSession), scope["principal"])


def _refuse_ambiguity(query: bytes) -> None:
    """No parameter of ours is a list; and `null` would be read as a filter that was left out."""
    if not query:
        return
    pairs = [pair.partition(b"=") for pair in query.split(b"&")]
    if len(pairs) != len({name for name, _, _ in pairs}):
        raise RepeatedParameter("A query parameter was given more than once.")
    if any(value == b"null" and name != b"search" for name, _, value in pairs):
        raise NullParameter("Leave a query parameter out instead of sending null.")


def _check(scope: Any, access: str) -> None:
    if access == "account" and "auth" not in scope:
        raise NeedsSignIn("This concerns an account; an API key cannot do it. Sign in.")
    if access == "member" and "user" not in scope:
        raise NotAMember("You are no member of this workspace; switch to another.")


def _bearer(connection: Connection) -> str:
    values = connection.headers.getall("authorization", [])
    scheme, _, token = (values[0] if len(values) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("Send `Authorization: Bearer` with an access token or an API key.")
    return token.strip()


async def _enter_by_token(scope: Any, reader: Reader, claims: AccessClaims, *, reads: bool) -> None:
    """One round trip proves the session and the membership, and begins reading if asked to."""
    principal = Principal(claims.user_id, claims.workspace_id, session_id=claims.session_id)
    found = await (reader.begin(principal) if reads else reader.standing(principal))
    if found.session_ended:
        raise SessionEnded("This session has ended; sign in again.")
    scope["principal"] = principal
    scope["auth"] = SignedIn(
        user_id=claims.user_id, session_id=claims.session_id, workspace_id=claims.workspace_id
    )
    if found.role is not None and claims.workspace_id is not None:
        scope["user"] = Actor(
            user_id=claims.user_id,
            workspace_id=claims.workspace_id,
            role=Role(found.role),
            extra=frozenset(map(Permission, found.permissions)),
        )


async def _enter_by_key(
    scope: Any, reader: Reader, failures: KeyFailures, token: str, *, reads: bool
) -> None:
    """A key acts as its creator does today, at most with its own role, and dies with either."""
    if not _KEY_SHAPE.fullmatch(token):  # no round trip for what we never gave out
        raise InvalidToken("This is no API key of ours.")
    hashed = fingerprint(token)
    failures.check(scope.get("network"), hashed)
    rows = await reader.ask(_KEY, hashed)
    if not rows:
        await failures.count(scope.get("network"), hashed)
        raise InvalidToken("This API key is not known, was revoked or has expired.")
    failures.forgive(hashed)
    key_id, user_id, workspace_id, cap, role, stale = rows[0]
    if stale:
        await reader.ask(_TOUCH, key_id)
    principal = Principal(user_id, workspace_id, max_rank=Role(cap).rank, key_id=key_id)
    if reads:
        await reader.begin(principal)
    scope["principal"] = principal
    scope["user"] = Actor(
        user_id=UserId(user_id),
        workspace_id=WorkspaceId(workspace_id),
        role=role_of_key(Role(role), Role(cap)),
        api_key_id=ApiKeyId(key_id),
    )
