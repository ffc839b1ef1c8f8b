"""Background work: how jobs are stored, rung for and seen, and the scope one attempt runs in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dishka import AsyncContainer, Provider, Scope, from_context, provide
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.prometheus.jobs import PrometheusJobMeter
from adapters.redis.bell import ArqBell, arq_client
from adapters.sql.jobs_queue import SqlJobQueue
from adapters.sql.jobs_run import SqlJobRun, principal, proof
from adapters.sql.session import bind
from application.jobs.attempt import Handler, HandlerScope
from application.jobs.kinds import JobKinds
from application.jobs.lease import Lease
from application.registry import KINDS
from domain.jobs.engine_ports import JobMeter
from domain.jobs.ports import Bell, JobQueue, JobRun
from domain.kernel.ports import Ids, UnitOfWork
from domain.usage.ports import Quotas
from entrypoints.settings import Settings


class Jobs(Provider):
    scope = Scope.REQUEST

    lease = from_context(Lease, scope=Scope.REQUEST)

    @provide(scope=Scope.APP)
    def kinds(self) -> JobKinds:
        return KINDS

    meter = provide(PrometheusJobMeter, provides=JobMeter, scope=Scope.APP)

    @provide(scope=Scope.APP)
    async def bell(self, settings: Settings) -> AsyncIterator[Bell]:
        client = arq_client(settings.redis_url)
        yield ArqBell(client)
        await client.aclose(close_connection_pool=True)

    @provide
    def queue(
        self,
        session: AsyncSession,
        uow: UnitOfWork,
        kinds: JobKinds,
        ids: Ids,
        bell: Bell,
        quotas: Quotas,
    ) -> JobQueue:
        return SqlJobQueue(session, uow, kinds, ids, bell, quotas)

    @provide
    def run(
        self, lease: Lease, session: AsyncSession, uow: UnitOfWork, engine: AsyncEngine
    ) -> JobRun:
        return SqlJobRun(lease, session, uow, engine)


def handler_scope(container: AsyncContainer) -> HandlerScope:
    """Each attempt gets a scope of its own, whose session acts for the job and proves its lease."""

    @asynccontextmanager
    async def scope(lease: Lease, handler: type[Any]) -> AsyncIterator[Handler]:
        async with container(context={Lease: lease}) as request:
            session = await request.get(AsyncSession)
            bind(session, principal(lease), proof(lease))
            yield await request.get(handler)

    return scope
