"""The API in process, on a database of its own per test module."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, running_api, settings_for
from studio import Studio, open_studio


@pytest.fixture(scope="module")
async def api(cluster: PostgresCluster, valkey: ValkeyServer, database: str) -> AsyncIterator[Api]:
    settings = settings_for(cluster.url(database, "atelier_app"), valkey.url)
    async with running_api(settings) as api:
        yield api


@pytest.fixture(scope="module")
async def studio(
    cluster: PostgresCluster,
    valkey: ValkeyServer,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Studio]:
    urls = [cluster.url(database, role) for role in ("atelier_app", "atelier_worker")]
    folder: Path = tmp_path_factory.mktemp("studio")
    async with open_studio(*urls, valkey.url, folder) as studio:
        yield studio
