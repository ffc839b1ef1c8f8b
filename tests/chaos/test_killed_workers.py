"""A bulk run whose workers are killed in the middle: every row once, nothing lost, all told."""

import asyncio
import base64
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Person
from entrypoints.settings import Settings
from studio import Studio, open_studio, rows_of, sheet_of, word_file

PROJECT = Path(__file__).parents[2]
WORKER = PROJECT / "tests/support/impatient_worker.py"
ROWS = 400  # four shards of PDF
PATIENCE = 120.0


@pytest.fixture(scope="module")
async def studio(
    cluster: PostgresCluster,
    valkey: ValkeyServer,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Studio]:
    urls = [cluster.url(database, role) for role in ("atelier_app", "atelier_worker")]
    async with open_studio(*urls, valkey.url, tmp_path_factory.mktemp("killed")) as studio:
        yield studio


@contextmanager
def a_worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    keys = ",".join(
        f"{key.id}:{base64.b64encode(key.secret).decode()}" for key in settings.encryption_keys
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT / "src"),
        "ATELIER_WORKER_DATABASE_URL": settings.worker_database_url,
        "ATELIER_REDIS_URL": settings.redis_url,
        "ATELIER_DATA_DIR": str(settings.data_dir),
        "ATELIER_ENCRYPTION_KEYS": keys,
        "ATELIER_DOWNLOAD_KEYS": keys,
        "ATELIER_PUBLIC_URL": settings.public_url,
        "ATELIER_LOG_LEVEL": "warning",
    }
    process = subprocess.Popen([sys.executable, str(WORKER)], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def shown(studio: Studio, person: Person, run_id: str) -> Any:
    return (await studio.call(person, "GET", f"/bulk-runs/{run_id}")).json()


async def until(studio: Studio, person: Person, run_id: str, rows: int) -> Any:
    """The run, once so many rows have their document or it is over."""
    async with asyncio.timeout(PATIENCE):
        while True:
            run = await shown(studio, person, run_id)
            if run["rows_ok"] >= rows or run["finished_at"]:
                return run
            await asyncio.sleep(0.05)


async def test_a_run_survives_kill_9_of_its_workers_with_every_row_once(studio: Studio) -> None:
    person = await studio.api.register("ada")
    template = await studio.template(person, word_file("Number {{ n }} is for {{ name }}."))
    people = [{"n": n, "name": f"Person {n}"} for n in range(ROWS)]
    sheet = await studio.sheet(person, sheet_of(people))
    body = {
        "template_id": template["template"]["id"],
        "sheet_id": sheet,
        "output": "pdf",
        "file_names": "{n}",
    }
    run_id = (await studio.call(person, "POST", "/bulk-runs", 202, json=body)).json()["id"]

    for wanted in (1, ROWS // 2):  # killed after the first shard, and again in the middle
        with a_worker(studio.settings) as worker:
            run = await until(studio, person, run_id, wanted)
            assert run["rows_ok"] < ROWS
            worker.send_signal(signal.SIGKILL)
    with a_worker(studio.settings):
        async with asyncio.timeout(PATIENCE):
            while not (run := await shown(studio, person, run_id))["finished_at"]:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    assert (run["status"], run["rows_ok"], run["rows_failed"]) == ("success", ROWS, 0)
    with zipfile.ZipFile(io.BytesIO(await studio.artifact(person, run["archive_id"]))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert sorted(names) == sorted(f"{n}.pdf" for n in range(ROWS))
        assert all(archive.read(name).startswith(b"%PDF") for name in names[::50])
    report = rows_of(await studio.artifact(person, run["report_csv_id"]))
    assert [int(row["row"]) for row in report] == list(range(2, ROWS + 2))
    assert {row["status"] for row in report} == {"ok"}
