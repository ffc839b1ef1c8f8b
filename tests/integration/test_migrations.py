"""Replicas that start together, each with a migration to run first."""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import psycopg

from adapters.embedded.postgres import PostgresCluster
from adapters.sql.revision import newest

PROJECT = Path(__file__).parents[2]
MIGRATE = """
import pathlib, sys
from adapters.sql.migrations import migrate
migrate(pathlib.Path(sys.argv[1]), sys.argv[2])
"""


async def migrated(url: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MIGRATE, str(PROJECT), url, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    return "" if process.returncode == 0 else said.decode()[-2000:]


async def test_several_migrations_at_once_are_one_after_another(cluster: PostgresCluster) -> None:
    name = f"m_{uuid4().hex[:12]}"
    cluster.create_database(name)
    url = cluster.url(name, "postgres")
    try:
        complaints = await asyncio.gather(*(migrated(url) for _ in range(3)))
        with psycopg.connect(url) as admin:
            row = admin.execute("SELECT version_num FROM alembic_version").fetchone()
    finally:
        cluster.drop_database(name)

    assert complaints == ["", "", ""]
    assert row == (newest(PROJECT),)
