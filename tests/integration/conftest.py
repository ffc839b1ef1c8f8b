"""The job engine on a database of its own per test module."""

from collections.abc import AsyncIterator

import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from workshop import Workshop, workshop_on


@pytest.fixture(scope="module")
async def workshop(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> AsyncIterator[Workshop]:
    async with workshop_on(lambda role: cluster.url(database, role), valkey.url) as workshop:
        yield workshop
