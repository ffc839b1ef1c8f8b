"""Refusals as RFC 9457 problem documents: `urn:atelier:problem:<code>`, never exception text."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from psycopg import DataError, OperationalError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.kernel import errors as kinds
from domain.kernel.errors import DomainError
from entrypoints.telemetry import correlation_id

MEDIA_TYPE: Final = "application/problem+json"
URN: Final = "urn:atelier:problem:"
STATUS_BY_KIND: Final[Mapping[type[DomainError], int]] = {
    kinds.Malformed: 400,
    kinds.Unauthenticated: 401,
    kinds.Forbidden: 403,
    kinds.NotFound: 404,
    kinds.Conflict: 409,
    kinds.Gone: 410,
    kinds.PreconditionFailed: 412,
    kinds.TooLarge: 413,
    kinds.Invalid: 422,
    kinds.Locked: 423,
    kinds.PreconditionRequired: 428,
    kinds.TooMany: 429,
    kinds.Damaged: 460,
    kinds.Unavailable: 503,
}
_CODE_BY_STATUS: Final = {
    400: "http.malformed",
    404: "http.not-found",
    405: "http.method-not-allowed",
    406: "http.not-acceptable",
    413: "http.body-too-large",
    415: "http.unsupported-media-type",
}
_RESERVED: Final = frozenset({"type", "title", "status", "detail", "instance", "errors"})
_encode: Final = msgspec.json.Encoder().encode
_log: Final = structlog.get_logger("http")


class Fault(msgspec.Struct, omit_defaults=True):
    """One thing wrong with a request: where, and what."""

    message: str
    at: str = ""
    source: str = ""


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457. `instance` is the request's correlation id; further members depend on `type`."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] = []


def problem_body(
    status: int,
    code: str,
    detail: str,
    *,
    faults: list[Fault] | None = None,
    facts: Mapping[str, object] | None = None,
) -> bytes:
    problem = Problem(
        type=URN + code,
        title=code.partition(".")[2].replace("-", " ").capitalize() or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=f"urn:atelier:request:{correlation_id() or 'unknown'}",
        errors=faults or [],
    )
    members: dict[str, Any] = msgspec.to_builtins(problem)
    for name, value in (facts or {}).items():
        members[f"{name}_" if name in _RESERVED else name] = value
    return _encode(msgspec.to_builtins(members, str_keys=True))


def status_of(error: DomainError) -> int:
    return next(
        (STATUS_BY_KIND[kind] for kind in type(error).__mro__ if kind in STATUS_BY_KIND), 500
    )


def refusal(_: Request[Any, Any, Any], error: DomainError) -> Response[bytes]:
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return surprise(_, error)
    body = problem_body(status, error.code, str(error), facts=error.facts)
    return _response(status, body, _headers(status, error.facts))


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals: unknown route, wrong method, unreadable or ill-formed input."""
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return surprise(request, error)
    code = _CODE_BY_STATUS.get(status, "http.refused")
    faults = _faults(error)
    detail = "The request is not as described." if faults else _detail(status, error)
    body = problem_body(status, code, detail, faults=faults)
    headers = {
        name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"
    }
    return _response(status, body, headers)


def database_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A database that is away or overloaded is a matter of time; anything else is our bug."""
    if _is_unstorable(error):
        _log.warning("unstorable_value", exc_info=error)
        detail = "A text holds a NUL, or a number is larger than what can be stored."
        return _response(400, problem_body(400, "http.malformed", detail), {})
    if isinstance(error, DataError) or (isinstance(error, DBAPIError) and not _is_passing(error)):
        return surprise(request, error)
    _log.warning("database_unavailable", exc_info=error)
    body = problem_body(503, "http.database-unavailable", "The database is away; try again soon.")
    return _response(503, body, {"Retry-After": "2"})


def surprise(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.error("unexpected_error", exc_info=error)
    detail = "Something went wrong here. Tell the operator the id under `instance`."
    return _response(500, problem_body(500, "http.internal", detail), {})


def too_deep(_: Request[Any, Any, Any], error: RecursionError) -> Response[bytes]:
    """Nothing of ours recurses with the size of its input; JSON nested a thousandfold does."""
    _log.warning("nested_too_deep", exc_info=error)
    return _response(400, problem_body(400, "http.malformed", "This is nested too deeply."), {})


def _is_unstorable(error: Exception) -> bool:
    """A NUL is refused on its way, without a state; PostgreSQL refuses what has no place."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, DataError) and cause.sqlstate in {None, "22003", "22021", "22P05"}


def _is_passing(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or "08000"
    passing_class = state[:2] in {"08", "40", "53", "57"}  # 40: a deadlock's victim may try again
    return error.connection_invalidated or passing_class or state == "25P03"


def _headers(status: int, facts: Mapping[str, object]) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    wait = facts.get("retry_after")
    if isinstance(wait, int | float):
        return {"Retry-After": str(max(1, math.ceil(wait)))}
    return {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def _faults(error: HTTPException) -> list[Fault]:
    if not isinstance(error, ValidationException) or not isinstance(error.extra, list):
        return []
    return [
        Fault(
            message=str(fault.get("message", "")),
            at=str(fault.get("key", "")).removesuffix("_"),  # what Python reserves
            source=str(getattr(fault.get("source"), "value", fault.get("source") or "")),
        )
        for fault in error.extra
        if isinstance(fault, dict)
    ]


def _detail(status: int, error: HTTPException) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return "There is nothing at this address."
    return f"{error.detail.rstrip('.')}." if error.detail else HTTPStatus(status).phrase


def _response(status: int, body: bytes, headers: Mapping[str, str]) -> Response[bytes]:
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers))


EXCEPTION_HANDLERS: Final[dict[int | type[Exception], Any]] = {
    DomainError: refusal,
    HTTPException: http_error,
    DBAPIError: database_error,
    OperationalError: database_error,
    DataError: database_error,
    PoolTimeout: database_error,
    RecursionError: too_deep,
    Exception: surprise,
}
