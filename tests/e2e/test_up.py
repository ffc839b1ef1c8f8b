"""`atelier up` with real processes: ready, told, restarted, stopped, and nothing left."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from adapters.embedded.account import Account
from adapters.embedded.folder import DataFolder, State, passing_folder
from adapters.embedded.services import EmbeddedServices

ROOT = Path(__file__).parents[2]
PERSON = {"email": "ada@example.org", "password": "a quiet harbour at dawn"}


def environment(data: Path, **more: str) -> Mapping[str, str]:
    ours = {
        "ATELIER_DATA_DIR": str(data),
        "ATELIER_PORT": "0",
        "ATELIER_HOME": str(ROOT),
        "ATELIER_LOG_FORMAT": "json",
    }
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")} | ours | more


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "entrypoints.cli", *words]


@contextmanager
def up(data: Path, **more: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """Running, with what it said when it was ready."""
    with (data.parent / "up.log").open("a") as log:
        process = subprocess.Popen(
            command("up", "--json"),
            env=environment(data, **more),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (data.parent / "up.log").read_text()
            yield process, json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def run(data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*words), env=environment(data), capture_output=True, text=True, check=False
    )


def state_of(data: Path) -> State:
    state = DataFolder(data).running()
    assert state is not None
    return state


@dataclass(frozen=True, slots=True)
class Installation:
    data: Path
    process: "subprocess.Popen[str]"
    address: str


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """One start for the tests that leave it as they found it; its stop is looked at, too."""
    with passing_folder() as folder:
        data = folder / "data"
        with up(data) as (process, said):
            yield Installation(data, process, said["address"])
            children = state_of(data).children
        assert process.returncode == 0
        assert not any(child.is_alive() for child in children.values())
        assert DataFolder(data).running() is None


def test_it_serves_and_commands_join_in(installation: Installation) -> None:
    body = PERSON | {"email": "eve@example.org"}
    answer = httpx.post(f"{installation.address}/v1/auth/register", json=body)
    migrated = run(installation.data, "migrate", "--json")

    assert answer.status_code == 201
    assert set(state_of(installation.data).children) == {"postgres", "valkey", "api", "worker-1"}
    assert json.loads(migrated.stdout)["revision"]


def test_a_second_one_is_told_who_has_the_folder(installation: Installation) -> None:
    second = run(installation.data, "up", "--json")

    assert second.returncode == 1
    assert json.loads(second.stdout)["error"]["code"] == "embedded.data-folder-taken"
    assert f"process {installation.process.pid}" in second.stderr


def test_what_dies_comes_back_and_nobody_loses_what_they_had(installation: Installation) -> None:
    with httpx.Client(base_url=installation.address, timeout=30) as client:
        client.post("/v1/auth/register", json=PERSON).raise_for_status()
        before = dict(state_of(installation.data).children)
        for name in ("api", "postgres", "worker-1"):
            os.kill(before[name].pid, signal.SIGKILL)
        login = _until_it_answers(client)
    after = state_of(installation.data).children

    assert login["workspace_id"]
    assert all(after[name] != before[name] for name in ("api", "postgres", "worker-1"))
    assert after["valkey"] == before["valkey"]


def _until_it_answers(client: httpx.Client) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            answer = client.post("/v1/auth/login", json=PERSON)
        except httpx.TransportError:
            continue
        if answer.status_code == 200:
            tokens: dict[str, Any] = answer.json()
            return tokens
        time.sleep(0.2)
    raise AssertionError("it did not come back")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's farewell is Linux's")
def test_a_killed_supervisor_takes_all_along_and_its_folder_can_be_used_again(
    place: Path,
) -> None:
    data = place / "data"
    with up(data) as (process, _):
        children = [psutil.Process(child.pid) for child in state_of(data).children.values()]
        process.kill()
        process.wait()
        gone, alive = psutil.wait_procs(children, timeout=30)
    with DataFolder(data).claimed(Account.current()) as sockets:
        services = EmbeddedServices.at(data, sockets)
        with services.running():
            assert services.postgres is not None
            has_database = services.postgres.has_database("atelier")

    assert (len(gone), alive) == (len(children), [])
    assert has_database


def test_services_named_by_url_are_used_and_not_started(
    place: Path, services: EmbeddedServices, database: str
) -> None:
    urls = {f"ATELIER_{name.upper()}": value for name, value in services.settings(database).items()}
    with up(place / "data", **urls) as (_, said):
        children = list(state_of(place / "data").children)
        answer = httpx.post(f"{said['address']}/v1/auth/register", json=PERSON)

    assert set(children) == {"api", "worker-1"}
    assert answer.status_code == 201


def test_half_a_database_is_refused_by_name(place: Path) -> None:
    refused = subprocess.run(
        command("up"),
        env=environment(place / "data", ATELIER_DATABASE_URL="postgresql://x/y"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert "ATELIER_WORKER_DATABASE_URL" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_taken_port_is_told_with_its_owner(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = subprocess.run(
            command("up"),
            env=environment(place / "data", ATELIER_PORT=port),
            capture_output=True,
            text=True,
            check=False,
        )

    assert refused.returncode == 1
    assert f"Port {port} is taken by" in refused.stderr


def test_workers_that_cannot_start_are_told_instead_of_called_ready(place: Path) -> None:
    data = place / "data"
    failed = subprocess.run(
        command("up", "--json"),
        env=environment(data, ATELIER_WORKER_QUEUES="nonsense"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert failed.returncode == 1
    assert "worker-1" in failed.stderr
    assert '"address"' not in failed.stdout
