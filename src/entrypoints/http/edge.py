"""The outermost layer: host check, request id, security headers, one log line and metrics."""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Final
from uuid import uuid4

import structlog

from entrypoints.http.client_address import Network, client_address, network_prefix
from entrypoints.http.metrics import DURATION, IN_FLIGHT, REQUESTS
from entrypoints.http.problems import MEDIA_TYPE, problem_body

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9-]{8,64}")
_TRACE: Final = re.compile(  # W3C trace context, version 00; ids of zeros are none
    rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::[0-9]{1,5})?")
_PROBES: Final = frozenset({"/health/live", "/health/ready", "/metrics"})  # asked by address
_UNMATCHED: Final = "unmatched"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_DEFAULTS: Final = {  # unless the handler said otherwise
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_log: Final = structlog.get_logger("http")


class Edge:
    """`hosts`: lower-case, without port, `*` answers to any. `methods`: by path template."""

    def __init__(
        self,
        app: App,
        *,
        hosts: frozenset[str],
        trusted: Sequence[Network],
        https: bool,
        methods: Mapping[str, bytes],
    ) -> None:
        self._app, self._hosts, self._trusted, self._methods = app, hosts, trusted, methods
        self._security = (*_SECURITY, _HSTS) if https else _SECURITY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = _headers(scope, b"x-request-id")
        named = given[0] if given and _REQUEST_ID.fullmatch(given[0]) else uuid4().hex.encode()
        peer = scope.get("client")
        forwarded = [line.decode("latin-1") for line in _headers(scope, b"x-forwarded-for")]
        address = client_address(peer[0] if peer else None, forwarded, self._trusted)
        scope["client_address"] = address
        scope["network"] = network_prefix(address)
        structlog.contextvars.bind_contextvars(
            request_id=named.decode(), client_ip=scope["network"]
        )
        traced = _headers(scope, b"traceparent")
        if len(traced) == 1 and _TRACE.fullmatch(traced[0]):  # goes into the jobs of this request
            structlog.contextvars.bind_contextvars(traceparent=traced[0].decode())
        answer = _Answer(scope, send, named, self._security, self._methods)
        if not (scope["path"] in _PROBES or self._is_ours(scope)):
            await _misdirected(scope, answer)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, answer)
        else:
            await self._serve(scope, receive, answer)

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        started = time.perf_counter()
        IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, answer)
        finally:
            IN_FLIGHT.dec()
            _record(scope, answer.status, time.perf_counter() - started)

    def _is_ours(self, scope: Scope) -> bool:
        """Exactly one Host, and one we answer to. X-Forwarded-Host is nobody's business here."""
        hosts = _headers(scope, b"host")
        if len(hosts) != 1 or not hosts[0]:
            return False
        return "*" in self._hosts or _host_name(hosts[0].decode("latin-1")) in self._hosts


class _Answer:
    """Passes messages on, and completes the headers of the first."""

    def __init__(
        self,
        scope: Scope,
        send: Send,
        request_id: bytes,
        security: Sequence[tuple[bytes, bytes]],
        methods: Mapping[str, bytes],
    ) -> None:
        self._scope, self._send, self._methods = scope, send, methods
        self._request_id, self._security = request_id, security
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = self._given(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            headers += [pair for pair in _DEFAULTS.items() if pair[0] not in present]
            headers += self._scope.get("rate_headers", ())
            headers += self._scope.get("protocol_headers", ())
            message["headers"] = [*headers, *self._security, (b"x-request-id", self._request_id)]
        await self._send(message)

    def _given(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """As the application said, but for OPTIONS: Litestar forgets methods it learnt later."""
        allowed = self._methods.get(self._scope.get("path_template", ""))
        if self._scope.get("method") != "OPTIONS" or allowed is None:
            return list(headers)
        return [(name, allowed if name.lower() == b"allow" else value) for name, value in headers]


async def _misdirected(scope: Scope, answer: _Answer) -> None:
    if scope["type"] == "websocket":
        await answer({"type": "websocket.close", "code": 4400})
        return
    detail = (
        "Send one Host header that names this server; the operator lists them in ALLOWED_HOSTS."
    )
    body = problem_body(400, "http.unknown-host", detail)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    await answer({"type": "http.response.start", "status": 400, "headers": headers})
    await answer({"type": "http.response.body", "body": body})
    _record(scope, 400, 0.0)


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = scope.get("path_template") or _UNMATCHED
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    REQUESTS.labels(method, route, status).inc()
    DURATION.labels(method, route).observe(seconds)
    _log.info(
        "request",
        method=method,
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 2),
    )


def _headers(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def _host_name(host: str) -> str:
    """Without the port; `[::1]:8420` is `::1`. What is no host gives the empty name."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).rstrip(".").lower() if found else ""
