"""Health for supervisors and load balancers, metrics for Prometheus."""

import asyncio
import hmac
from typing import Any, Final

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.kernel.errors import NotFound, Unavailable
from entrypoints.http.job_gauges import JobGauges
from entrypoints.settings import Settings

_PATIENCE_S: Final = 2.0


class NotReady(Unavailable):
    code = "http.not-ready"


class NoMetricsForYou(NotFound):
    code = "http.not-found"


class LiveResponse(msgspec.Struct):
    status: str = "ok"


class ReadyResponse(msgspec.Struct):
    """Redis away means slower, not broken: rates are counted per process, jobs are polled."""

    status: str
    database: str
    redis: str


class HealthController(Controller):
    tags = ("Health",)

    @get("/health/live", operation_id="live")
    async def live(self) -> LiveResponse:
        """The process answers."""
        return LiveResponse()

    @get("/health/ready", operation_id="ready")
    @inject
    async def ready(
        self, engine: FromDishka[AsyncEngine], redis: FromDishka[Redis]
    ) -> ReadyResponse:
        """It can do its work: the database answers. 503 when it does not."""
        database, fast = await asyncio.gather(_database(engine), _redis(redis))
        if not database:
            raise NotReady("The database does not answer.", database="away")
        return ReadyResponse(
            status="ok" if fast else "degraded", database="ok", redis="ok" if fast else "away"
        )

    @get("/metrics", include_in_schema=False)
    @inject
    async def metrics(
        self,
        request: Request[Any, Any, Any],
        settings: FromDishka[Settings],
        gauges: FromDishka[JobGauges],
    ) -> Response[bytes]:
        if not _may_read_metrics(request, settings.metrics_token):
            raise NoMetricsForYou("There is nothing at this address.")
        await gauges.refresh()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _database(engine: AsyncEngine) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_S), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


async def _redis(redis: Redis) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await redis.ping()
    except (RedisError, OSError, TimeoutError):
        return False
    return True


def _may_read_metrics(request: Request[Any, Any, Any], token: str) -> bool:
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    address: Any = request.scope.get("client_address")
    return address is not None and bool(address.is_loopback)
