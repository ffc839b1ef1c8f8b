"""One PostgreSQL cluster and one migrated template database for the whole run."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest

from adapters.embedded.folder import passing_folder
from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.services import EmbeddedServices
from adapters.embedded.valkey import ValkeyServer
from entrypoints.harness import Harness
from entrypoints.harness import template_database as make_template
from s3_server import S3Server, running_s3_server
from tenants import Tenants, tenants_of
from workshop import Workshop, workshop_on

hypothesis.settings.register_profile("suite", derandomize=True, deadline=None, max_examples=60)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(scope="session")
def services() -> Iterator[EmbeddedServices]:
    """PostgreSQL and Valkey for the whole run, in memory where there is room."""
    with passing_folder() as folder:
        services = EmbeddedServices.at(folder, folder / "s", fsync=False)
        with services.running():
            yield services


@pytest.fixture(scope="session")
def cluster(services: EmbeddedServices) -> PostgresCluster:
    assert services.postgres is not None
    return services.postgres


@pytest.fixture(scope="session")
def valkey(services: EmbeddedServices) -> ValkeyServer:
    assert services.valkey is not None
    return services.valkey


@pytest.fixture(scope="session")
def template_database(cluster: PostgresCluster) -> str:
    return make_template(cluster)


@pytest.fixture(scope="module")
def database(cluster: PostgresCluster, template_database: str) -> Iterator[str]:
    """A fresh migrated database for one test module; answers its name."""
    name = f"t_{uuid4().hex[:12]}"
    cluster.create_database(name, template_database)
    yield name
    cluster.drop_database(name)


@pytest.fixture(scope="module")
async def atelier(services: EmbeddedServices) -> AsyncIterator[Harness]:
    """The whole application in process, on a database of its own for the module."""
    async with Harness.start(services) as atelier:
        yield atelier


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


@pytest.fixture(scope="module")
async def workshop(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> AsyncIterator[Workshop]:
    """The job engine in the module's database, with jobs that do whatever a test says."""
    async with workshop_on(lambda role: cluster.url(database, role), valkey.url) as workshop:
        yield workshop
