"""A bulk run whose workers are killed in the middle: every row once, nothing lost, all told."""

import asyncio
import base64
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docx
import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Person
from entrypoints.settings import Settings
from studio import Studio, open_studio, rows_of, sheet_of, word_file

PROJECT = Path(__file__).parents[2]
WORKER = PROJECT / "tests/support/impatient_worker.py"
ROWS = 400  # four shards of PDF
LETTERS = 5_000  # five shards of DOCX
END = float("inf")  # more rows than any run has
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
        f"{key.id}:{base64.b64encode(key.secret).decode()}" for key in settings.download_keys
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT / "src"),
        "ATELIER_WORKER_DATABASE_URL": settings.worker_database_url,
        "ATELIER_REDIS_URL": settings.redis_url,
        "ATELIER_DATA_DIR": str(settings.data_dir),
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


async def until(studio: Studio, person: Person, run_id: str, rows: float) -> Any:
    """The run, once so many rows have their document or it is over."""
    async with asyncio.timeout(PATIENCE):
        while True:
            run = await shown(studio, person, run_id)
            if run["rows_ok"] >= rows or run["finished_at"]:
                return run
            await asyncio.sleep(0.05)


async def test_a_run_survives_kill_9_of_its_workers_with_every_row_once(studio: Studio) -> None:
    person = await studio.api.register("ada")
    run_id = await started(studio, person, ROWS, "pdf")

    for wanted in (1, ROWS // 2):  # killed after the first shard, and again in the middle
        with a_worker(studio.settings) as worker:
            run = await until(studio, person, run_id, wanted)
            assert run["rows_ok"] < ROWS
            worker.send_signal(signal.SIGKILL)
    with a_worker(studio.settings):
        run = await until(studio, person, run_id, END)

    names = await every_row_once(studio, person, run, ROWS)
    assert set(names) == {f"{n}.pdf" for n in range(ROWS)}


async def test_5_000_letters_survive_kill_9_and_no_finished_shard_is_made_again(
    studio: Studio,
) -> None:
    person = await studio.api.register()
    run_id = await started(studio, person, LETTERS, "docx")

    with a_worker(studio.settings) as worker:
        run = await until(studio, person, run_id, 1)
        assert run["rows_ok"] < LETTERS
        worker.send_signal(signal.SIGKILL)
    finished = {job["shard"]: job for job in await shards(studio, person, run) if is_done(job)}
    began = await beginnings(studio, person, run)
    with a_worker(studio.settings):
        run = await until(studio, person, run_id, END)

    names = await every_row_once(studio, person, run, LETTERS)
    assert set(names) == {f"{n}.docx" for n in range(LETTERS)}
    after = {job["shard"]: job for job in await shards(studio, person, run)}
    assert len(after) == LETTERS // 1_000
    assert all(is_done(job) for job in after.values())
    assert finished
    assert {shard: after[shard] for shard in finished} == finished
    again = await beginnings(studio, person, run)
    assert {shard: again[shard] for shard in finished} == dict.fromkeys(finished, 1)
    assert sum(again.values()) > len(after)  # what was under way began anew
    assert all(again[shard] >= times for shard, times in began.items())


async def started(studio: Studio, person: Person, rows: int, output: str) -> str:
    """The id of a run of so many rows that no worker has seen yet."""
    template = await studio.template(person, word_file("Number {{ n }} is for {{ name }}."))
    sheet = await studio.sheet(
        person, sheet_of([{"n": n, "name": f"Person {n}"} for n in range(rows)])
    )
    body = {
        "template_id": template["template"]["id"],
        "sheet_id": sheet,
        "output": output,
        "file_names": "{n}",
    }
    run = (await studio.call(person, "POST", "/bulk-runs", 202, json=body)).json()
    return str(run["id"])


async def every_row_once(studio: Studio, person: Person, run: Any, rows: int) -> list[str]:
    """Checks the ZIP, each document's own text, and the report; answers the names in the ZIP."""
    assert (run["status"], run["rows_ok"], run["rows_failed"]) == ("success", rows, 0)
    with zipfile.ZipFile(io.BytesIO(await studio.artifact(person, run["archive_id"]))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == rows
        for name in names[:: rows // 20]:
            number, _, ending = name.partition(".")
            content = archive.read(name)
            if ending == "pdf":
                assert content.startswith(b"%PDF")
            else:
                said = docx.Document(io.BytesIO(content)).paragraphs[0].text
                assert said == f"Number {number} is for Person {number}."
    report = rows_of(await studio.artifact(person, run["report_csv_id"]))
    assert [int(row["row"]) for row in report] == list(range(2, rows + 2))
    assert {row["status"] for row in report} == {"ok"}
    assert {row["file"] for row in report} == set(names)
    return names


async def shards(studio: Studio, person: Person, run: Any) -> list[Any]:
    path = f"/jobs?root_id={run['job_id']}&kind=documents.render-shard&limit=100"
    jobs: list[Any] = (await studio.call(person, "GET", path)).json()["items"]
    return jobs


def is_done(job: Any) -> bool:
    return bool(job["status"] == "success")


async def beginnings(studio: Studio, person: Person, run: Any) -> Counter[int]:
    """How often each shard was begun, by its events."""
    times: Counter[int] = Counter()
    after, page = 0, None
    while page is None or page["items"]:
        path = f"/jobs/{run['job_id']}/events?run=true&after={after}&limit=100"
        page = (await studio.call(person, "GET", path)).json()
        for event in page["items"]:
            after = event["run_seq"]
            if event["kind"] == "documents.render-shard" and event["type"] == "processing":
                times[event["shard"]] += 1
    return times
