"""Background work: how jobs are stored, rung for and seen, and the scope one attempt runs in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dishka import AsyncContainer, Provider, Scope, from_context, provide, provide_all
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.prometheus.jobs import PrometheusJobMeter
from adapters.redis.bell import ArqBell, arq_client
from adapters.redis.hints import RUNS, RedisRunHints, listen
from adapters.sql.jobs_news import SqlRunNews
from adapters.sql.jobs_queue import SqlJobQueue
from adapters.sql.jobs_run import SqlJobRun, principal, proof
from adapters.sql.jobs_views import SqlJobs
from adapters.sql.session import bind
from application.jobs.attempt import Handler, HandlerScope
from application.jobs.cancel_job import CancelJobHandler
from application.jobs.feed import RunFeed
from application.jobs.kinds import JobKinds
from application.jobs.lease import Lease
from application.jobs.redrive_job import RedriveJobHandler
from application.registry import KINDS, TIMETABLE
from domain.jobs.engine_ports import JobMeter
from domain.jobs.ports import Bell, JobQueue, JobRun, RunHints
from domain.jobs.ports import Jobs as JobsPort
from domain.jobs.schedule import Timetable
from domain.kernel.ports import Ids, UnitOfWork
from domain.usage.ports import Quotas
from entrypoints.settings import Settings


class Jobs(Provider):
    scope = Scope.REQUEST

    lease = from_context(Lease, scope=Scope.REQUEST)

    @provide(scope=Scope.APP)
    def kinds(self) -> JobKinds:
        return KINDS

    @provide(scope=Scope.APP)
    def timetable(self) -> Timetable:
        return TIMETABLE

    meter = provide(PrometheusJobMeter, provides=JobMeter, scope=Scope.APP)

    @provide(scope=Scope.APP)
    async def bell(self, settings: Settings) -> AsyncIterator[Bell]:
        client = arq_client(settings.redis_url)
        yield ArqBell(client)
        await client.aclose(close_connection_pool=True)

    @provide(scope=Scope.APP)
    def hints(self, redis: Redis) -> RunHints:
        return RedisRunHints(redis)

    @provide(scope=Scope.APP)
    async def feed(self, engine: AsyncEngine, redis: Redis) -> AsyncIterator[RunFeed]:
        """Made when the first watcher comes; from then on it listens."""
        feed = RunFeed(SqlRunNews(engine))

        async def hear() -> None:
            async for roots in listen(redis, RUNS):
                feed.hint(roots)

        tasks = [asyncio.create_task(feed.run()), asyncio.create_task(hear())]
        yield feed
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    jobs = provide(SqlJobs, provides=JobsPort)
    handlers = provide_all(CancelJobHandler, RedriveJobHandler)

    @provide
    def queue(
        self,
        session: AsyncSession,
        uow: UnitOfWork,
        kinds: JobKinds,
        ids: Ids,
        bell: Bell,
        hints: RunHints,
        quotas: Quotas,
    ) -> JobQueue:
        return SqlJobQueue(session, uow, kinds, ids, bell, hints, quotas)

    @provide
    def run(
        self,
        lease: Lease,
        session: AsyncSession,
        uow: UnitOfWork,
        engine: AsyncEngine,
        hints: RunHints,
    ) -> JobRun:
        return SqlJobRun(lease, session, uow, engine, hints)


def handler_scope(container: AsyncContainer) -> HandlerScope:
    """Each attempt gets a scope of its own, whose session acts for the job and proves its lease."""

    @asynccontextmanager
    async def scope(lease: Lease, handler: type[Any]) -> AsyncIterator[Handler]:
        async with container(context={Lease: lease}) as request:
            session = await request.get(AsyncSession)
            bind(session, principal(lease), proof(lease))
            yield await request.get(handler)

    return scope
