"""Structured logs: an allow-list of fields, ids of request and job, and a mask over every line."""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import structlog

from domain.kernel.errors import Defect, DomainError
from entrypoints.settings import LogFormat, Settings

# What a log line may say. Anything else is dropped and named under `dropped`, so that content,
# form fields and prompts cannot slip in with a careless keyword.
FIELDS: Final = frozenset(
    {
        *("event", "level", "logger", "timestamp", "exception", "dropped", "process", "pid"),
        *("request_id", "trace_id", "traceparent", "client_ip"),
        *("method", "route", "status", "duration_ms"),
        *("job_id", "root_id", "kind", "queue", "attempt", "fence", "outcome", "retry_in_s"),
        *("workspace_id", "user_id", "role", "code", "variable", "version", "bytes", "count"),
        *("service", "address", "host", "port", "exit_code", "restarts", "signal", "elapsed_s"),
        *("engine", "grade", "pages", "rows", "shard", "rows_per_s", "limit", "isolation"),
        *("worker", "slots", "queues"),
    }
)

MASK: Final = "•••"
_PATTERNS: Final = (
    r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?",  # JWT
    r"(?<=://)[^\s/@\"'\\]*:[^\s/@\"'\\]*(?=@)",  # user and password in a URL
    # anything named like a secret: in a query, a header, a form or a JSON document
    (
        r"(?P<kept>(?i:(?:passw(?:or)?d|secret|token|api[-_]?key|signature|credential|ticket"
        r"|authorization|[?&]sig|[?&]code)\\?[\"']?\s*[:=]\s*\\?[\"']?(?:bearer |basic )?"
        r"|(?:bearer|basic) ))[^\s&\"'\\,;})\]]+"
    ),
    r"whsec_[A-Za-z0-9+/=_-]+",
    r"\batl_[a-z]{2,10}_[\w-]{8,}",  # our own keys and tokens
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\bsk-[\w-]{16,}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"]*?-----END [A-Z ]*PRIVATE KEY-----",
    r"[\w.%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",  # e-mail
    r"(?<![\w:.])\+\d[\d ().-]{7,18}\d(?![\w:])",  # phone number
)
_SECRETS: Final = re.compile("|".join(_PATTERNS))


def masked(line: str) -> str:
    """`line` with everything that looks like a secret or a person's address struck out.

    It runs over finished JSON, so no match begins or ends with a quote or a backslash.
    """
    return _SECRETS.sub(lambda found: f"{found['kept'] or ''}{MASK}", line)


def start_logging(settings: Settings) -> None:
    """Send our own and every library's log lines through one chain to standard error."""
    chain = _chain()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *chain,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(settings.log_format),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    logging.getLogger("uvicorn.access").disabled = True  # query strings may carry tickets
    for chatty in (
        "httpx",
        "httpcore",
        "botocore",
        "aiobotocore",
        "fontTools",
        "weasyprint",
        "arq",
        "alembic",
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def correlation_id() -> str | None:
    """The request's id, else the job's: what outgoing calls and problem documents carry."""
    ids = structlog.contextvars.get_contextvars()
    return ids.get("request_id") or ids.get("job_id")


Event = MutableMapping[str, Any]


def _chain() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
        _allow,
    ]


def _rendering(log_format: LogFormat) -> list[Any]:
    on_terminal = log_format is LogFormat.AUTO and sys.stderr.isatty()
    if log_format is LogFormat.CONSOLE or on_terminal:
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()), _mask]
    return [structlog.processors.JSONRenderer(ensure_ascii=False, default=str), _mask]


def _mask(logger: object, method: str, line: str) -> str:
    return masked(line)


def _allow(logger: object, method: str, event: Event) -> Event:
    refused = sorted(name for name in event if name not in FIELDS and not name.startswith("_"))
    for name in refused:
        del event[name]
    if refused:
        event["dropped"] = refused
    return event


def _describe_exception(logger: object, method: str, event: Event) -> Event:
    """Type and frames; neither message nor locals, which may quote what users wrote."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = list(_causes(error))
    return event


def _causes(error: BaseException | None) -> Iterator[dict[str, Any]]:
    while error is not None:
        said: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
        if isinstance(error, DomainError):
            said["code"] = error.code
        if isinstance(error, Defect) and error.trace:
            said["elsewhere"] = error.trace.splitlines()  # in the process where it happened
        yield said | {"frames": _frames(error.__traceback__)}
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)[-20:]
    ]


def _short(path: str) -> str:
    """Enough of a path to find the file, without where this copy is installed."""
    return "/".join(Path(path).parts[-3:])
