"""One PostgreSQL cluster and one migrated template database for the whole run."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from adapters.sql.migrations import migrate
from s3_server import S3Server, running_s3_server
from tenants import Tenants, tenants_of

PROJECT = Path(__file__).parent.parent
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None, max_examples=60)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[PostgresCluster]:
    folder = Path(tempfile.mkdtemp(prefix="atl-"))
    folder.chmod(0o755)
    cluster = PostgresCluster.at(folder / "pg", folder / "s", fsync=False)
    cluster.initialise()
    cluster.start()
    yield cluster
    cluster.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    folder = Path(tempfile.mkdtemp(prefix="atl-"))
    folder.chmod(0o755)
    server = ValkeyServer.at(folder / "v", folder / "s")
    server.initialise()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(cluster: PostgresCluster) -> str:
    cluster.create_database("template_atelier")
    migrate(PROJECT, cluster.url("template_atelier"))
    return "template_atelier"


@pytest.fixture(scope="module")
def database(
    cluster: PostgresCluster, template_database: str, request: pytest.FixtureRequest
) -> str:
    """A fresh migrated database for one test module; answers its name."""
    name = f"t_{abs(hash(request.node.nodeid)):x}"
    cluster.create_database(name, template_database)
    return name


@pytest.fixture(scope="module")
async def tenants(cluster: PostgresCluster, database: str) -> AsyncIterator[Tenants]:
    """People, workspaces and sessions for them, in the module's database."""
    urls = [cluster.url(database, role) for role in ("postgres", "atelier_app", "atelier_worker")]
    async with tenants_of(*urls) as tenants:
        yield tenants


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 server in a process of its own."""
    with running_s3_server() as server:
        yield server


@pytest.fixture
def place() -> Iterator[Path]:
    """A short folder others may pass through; pytest's own are private and long."""
    folder = Path(tempfile.mkdtemp(prefix="atl-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)
