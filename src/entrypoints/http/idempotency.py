"""Idempotency-Key: a repeated POST gets the first answer, and nothing happens twice.

    @post("/things", status_code=201, operation_id="makeThing", middleware=[IDEMPOTENT])

`IDEMPOTENT` holds the handler's commit back and stores the answer in the same transaction: no crash
can separate the two. A handler that commits in between, or works longer than a moment, takes
`IDEMPOTENT_SLOW`: its key is claimed first and answered after; if the process dies in between, the
request may run again once the lease is over.

A member of the answer that is shown once (`opt={SHOWN_ONCE: "token"}`) is left empty in what is
kept, and so in a repeated answer. Answers above 64 KiB, filled documents that is, are not kept at
all: the key is free again, and a repetition makes the same document once more.
"""

import hashlib
import re
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from dishka import AsyncContainer
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.idempotency import KeptAnswer, SqlIdempotency
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.identity.access import Actor
from domain.kernel.errors import Conflict, Invalid, Malformed
from entrypoints.http.auth import authenticate

HEADER: Final = "idempotency-key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS: Final = frozenset({"content-type", "location", "etag"})
SHOWN_ONCE: Final = "shown_once"
_MOST_KEPT: Final = 64 * 1024  # bytes of an answer
_HELD_LEASE_S: Final = 60
_SLOW_LEASE_S: Final = 900

AnyRequest = Request[Any, Any, Any]


class BadIdempotencyKey(Malformed):
    code = "http.bad-idempotency-key"


class KeyUsedForAnother(Invalid):
    code = "http.idempotency-key-reused"


class StillRunning(Conflict):
    code = "http.still-running"


class Idempotency(ASGIMiddleware):
    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: AnyRequest = Request(scope, receive, send)
        keys = request.headers.getall(HEADER, [])
        if not keys:
            await next_app(scope, receive, send)
            return
        if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
            raise BadIdempotencyKey("An Idempotency-Key has 1 to 255 visible ASCII characters.")
        handler = request.route_handler
        await authenticate(request, handler)
        container: AsyncContainer = request.state.dishka_container
        actor: Actor = request.scope["user"]
        store = SqlIdempotency(
            await container.get(AsyncSession),
            workspace=actor.workspace_id,
            user=actor.user_id,
            operation=str(handler.operation_id),
            key=keys[0],
        )
        await self.once(_Call(request, container, store, receive, send, next_app))

    @abstractmethod
    async def once(self, call: "_Call") -> None: ...


@dataclass(slots=True)
class _Call:
    """One request with a key, on its way to the handler and back."""

    request: AnyRequest
    container: AsyncContainer
    store: SqlIdempotency
    receive: Receive
    send: Send
    next_app: ASGIApp
    sent: list[Message] = field(default_factory=list)

    async def hold(self, message: Message) -> None:
        self.sent.append(message)

    async def let_go(self) -> None:
        for message in self.sent:
            await self.send(message)

    @property
    def status(self) -> int:
        start: Any = next(iter(self.sent), {"status": 500})
        return int(start["status"])

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - the success range

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])  # type: ignore[misc]

    async def keep(self, request_hash: bytes) -> None:
        start: Any = self.sent[0]
        headers = {
            name.decode().lower(): value.decode()
            for name, value in start["headers"]
            if name.decode().lower() in _KEPT_HEADERS
        }
        body = self.body
        if secret := self.request.route_handler.opt.get(SHOWN_ONCE):
            body = msgspec.json.encode(msgspec.json.decode(body) | {secret: ""})
        await self.store.store(request_hash, self.status, headers, body)

    async def replay(self, kept: KeptAnswer, request_hash: bytes) -> None:
        """Answer a repetition. Raises StillRunning or KeyUsedForAnother."""
        if kept.request_hash is not None and kept.request_hash != request_hash:
            raise KeyUsedForAnother("This Idempotency-Key was used with another request.")
        if kept.status is None:
            raise StillRunning("The first request with this key still runs.", retry_after=1)
        headers = [(name.encode(), value.encode()) for name, value in kept.headers.items()]
        headers += [(b"idempotency-replayed", b"true"), (b"content-length", b"%d" % len(kept.body))]
        await self.send({"type": "http.response.start", "status": kept.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": kept.body, "more_body": False})


class _Held(Idempotency):
    async def once(self, call: _Call) -> None:
        request_hash = _BodyHash.of(call.request, await call.request.body())
        kept = await call.store.claim(request_hash, _HELD_LEASE_S)
        if kept is not None:
            await call.replay(kept, request_hash)
            return
        uow = await call.container.get(SqlUnitOfWork)
        uow.hold()
        await call.next_app(call.request.scope, call.receive, call.hold)
        if call.succeeded:
            await call.keep(request_hash)
            await uow.release()
        else:
            await (await call.container.get(AsyncSession)).rollback()
        await call.let_go()


class _Slow(Idempotency):
    """The body is hashed while the handler reads it, so it may be large."""

    async def once(self, call: _Call) -> None:
        session = await call.container.get(AsyncSession)
        kept = await call.store.claim(None, _SLOW_LEASE_S)
        if kept is not None and kept.status is None and not kept.running:
            await call.store.take_over(_SLOW_LEASE_S)
            kept = None
        await session.commit()
        digest = _BodyHash(call.request)
        if kept is not None:
            if kept.status is not None:
                async for chunk in call.request.stream():
                    digest.add(chunk)
            await call.replay(kept, digest.done())
            return
        try:
            await call.next_app(call.request.scope, digest.listen(call.receive), call.hold)
            await session.rollback()
            keep = call.succeeded and len(call.body) <= _MOST_KEPT
            await (call.keep(digest.done()) if keep else call.store.forget())
        except BaseException:
            await session.rollback()
            await call.store.forget()
            await session.commit()
            raise
        await session.commit()
        await call.let_go()


class _BodyHash:
    """Of path, query and body; without the multipart boundary, which differs each time."""

    def __init__(self, request: AnyRequest) -> None:
        scope: HTTPScope = request.scope
        self._hash = hashlib.sha256(scope["path"].encode() + b"\0" + scope["query_string"] + b"\0")
        self._boundary = request.content_type[1].get("boundary", "").encode()
        self._rest = b""

    @classmethod
    def of(cls, request: AnyRequest, body: bytes) -> bytes:
        digest = cls(request)
        digest.add(body)
        return digest.done()

    def add(self, chunk: bytes) -> None:
        if not self._boundary:
            self._hash.update(chunk)
            return
        text = (self._rest + chunk).replace(self._boundary, b"")
        keep = len(self._boundary) - 1  # the start of a boundary may wait for its end
        self._rest = text[-keep:] if keep else b""
        self._hash.update(text[: len(text) - len(self._rest)])

    def done(self) -> bytes:
        self._hash.update(self._rest)
        self._rest = b""
        return self._hash.digest()

    def listen(self, receive: Receive) -> Receive:
        async def hashed() -> Any:
            message = await receive()
            if message["type"] == "http.request":
                self.add(message.get("body", b""))
            return message

        return hashed


IDEMPOTENT: Final = _Held()
IDEMPOTENT_SLOW: Final = _Slow()
