"""The API does what its description says, whatever it is sent (S4).

In the suite for half a minute a role. The long run, well over 10,000 requests on an idle machine:

    API_SECONDS=1800 ./atelier test tests/e2e/test_described_api.py
"""

import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from psycopg import Connection

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, running_api, settings_for
from routes import ROUTES
from served import served
from world import World

SECONDS: Final = int(os.environ.get("API_SECONDS", "60"))  # for all roles together
# Rules may refuse what the schema allows (a cursor, a password, a file that is no document).
UNCHECKED: Final = "positive_data_acceptance"
# Whoever deletes the workspace can ask for nothing more; test_tenant_matrix.py does.
LAST: Final = "deleteWorkspace"
SUPPORT: Final = Path(__file__).parents[1] / "support"


@pytest.fixture(scope="module")
async def api(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str, tmp_path_factory: Any
) -> AsyncIterator[Api]:
    url = cluster.url(database, "atelier_app")
    folder = tmp_path_factory.mktemp("described")
    async with running_api(settings_for(url, valkey.url, data_dir=folder)) as api:
        yield api


@pytest.fixture(scope="module")
def superuser(cluster: PostgresCluster, database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(cluster.url(database), autocommit=True) as connection:
        yield connection


def things(world: World) -> dict[str, list[str]]:
    """Some of everything a path may name; nobody who calls is among the members."""
    found = defaultdict[str, list[str]](list)
    for route in ROUTES.values():
        for _ in range(3 if route.thing else 0):
            for name, value in route.thing(world, world.here).items():  # type: ignore[misc]
                found[name].append(value)
    found["number"] = ["1"]
    found["row_number"] = ["2"]
    return {**found, "workspace_id": [str(world.here)]}


@pytest.mark.parametrize("role", ["owner", "viewer"])
async def test_whatever_is_sent_is_answered_as_described(
    api: Api, superuser: Connection[Any], tmp_path: Path, role: str
) -> None:
    world = World(superuser, lives=timedelta(hours=2))
    report = tmp_path / "report.json"
    async with served(api.app) as address:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(SUPPORT / "schemathesis.toml"), "run"),
            f"http://{address}/docs/openapi.json",
            *("-H", f"Authorization: {world.headers[role]['Authorization']}"),
            *("--phases", "fuzzing,coverage,stateful", "--seed", "7", "--no-shrink"),
            *("--max-examples", str(max(2, SECONDS // 30)), "--max-time", str(SECONDS // 2)),
            *("--exclude-checks", UNCHECKED, "--exclude-operation-id", LAST),
            *("--continue-on-failure", "--suppress-health-check", "all", "--no-color"),
            *("--report", "json", "--report-json-path", str(report)),
            cwd=tmp_path,
            env=os.environ
            | {
                "API_THINGS": json.dumps(things(world)),
                "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
                "PYTHONPATH": str(SUPPORT),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()

    assert process.returncode == 0, said.decode()[-20_000:]
    told = json.loads(report.read_bytes())
    assert told["operations"]["tested"] == len(ROUTES) - 1  # all but the last
    assert told["test_cases"]["generated"] > 2 * len(ROUTES)
