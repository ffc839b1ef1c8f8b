"""The API in process, on a database of its own per test module."""

from collections.abc import AsyncIterator

import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, running_api, settings_for


@pytest.fixture(scope="module")
async def api(cluster: PostgresCluster, valkey: ValkeyServer, database: str) -> AsyncIterator[Api]:
    settings = settings_for(cluster.url(database, "atelier_app"), valkey.url)
    async with running_api(settings) as api:
        yield api
