"""What every process stands on: settings, clock, database session, Redis connection."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, from_context, provide
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from adapters.sql.reader import Connections, Reader
from adapters.sql.session import create_engine, new_session, readers_of
from adapters.sql.unit_of_work import SqlUnitOfWork
from adapters.system.clock import SystemClock, Uuid7
from domain.kernel.ports import Clock, Ids, UnitOfWork
from entrypoints.settings import Settings


class Platform(Provider):
    """Finalisers close, and never commit: dishka closes a failed scope like a good one."""

    scope = Scope.APP

    settings = from_context(Settings)
    clock = provide(SystemClock, provides=Clock)
    ids = provide(Uuid7, provides=Ids)

    @provide
    async def engine(self, settings: Settings) -> AsyncIterator[AsyncEngine]:
        engine = create_engine(settings.database_url, pool_size=settings.database_pool_size)
        yield engine
        await engine.dispose()

    @provide(scope=Scope.REQUEST)
    async def session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        """Unbound: HTTP authentication, or the job runner, says for whom it works."""
        async with new_session(engine) as session:
            yield session

    @provide
    async def connections(self, settings: Settings) -> AsyncIterator[Connections]:
        connections = Connections(settings.database_url, readers_of(settings.database_pool_size))
        yield connections
        await connections.close()

    @provide(scope=Scope.REQUEST)
    async def reader(self, connections: Connections) -> AsyncIterator[Reader]:
        reader = Reader(connections)
        yield reader
        await reader.close()

    @provide(scope=Scope.REQUEST)
    def sql_unit_of_work(self, session: AsyncSession) -> SqlUnitOfWork:
        return SqlUnitOfWork(session)

    @provide(scope=Scope.REQUEST)
    def unit_of_work(self, uow: SqlUnitOfWork) -> UnitOfWork:
        return uow

    @provide
    async def redis(self, settings: Settings) -> AsyncIterator[Redis]:
        """Connects when first used; whoever uses it copes with its absence."""
        client = Redis.from_url(
            settings.redis_url,
            socket_connect_timeout=0.5,
            socket_timeout=0.5,
            max_connections=50,
        )
        yield client
        await client.aclose()
