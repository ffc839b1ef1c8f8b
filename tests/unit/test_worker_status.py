"""What a worker answers on its own port, and to whom."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from adapters.prometheus.jobs import STARTED
from entrypoints.worker.status import status_port, touch_when


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [("", "", 200), ("secret", "Bearer secret", 200), ("secret", "", 404), ("secret", "no", 404)],
)
async def test_metrics_are_for_this_machine_or_for_who_has_the_token(
    token: str, given: str, status: int
) -> None:
    port = free_port()
    STARTED.labels("test.status").inc()

    async with status_port("127.0.0.1", port, token, lambda: True), httpx.AsyncClient() as client:
        headers = {"Authorization": given} if given else {}
        answer = await client.get(f"http://127.0.0.1:{port}/metrics", headers=headers)

    assert answer.status_code == status
    assert ('jobs_started_total{kind="test.status"}' in answer.text) == (status == 200)


async def test_health_follows_the_last_report_and_nonsense_is_hung_up_on() -> None:
    port, healthy = free_port(), [True]

    async with (
        status_port("127.0.0.1", port, "", lambda: healthy[0]),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"nonsense\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        good = await client.get("/health/live")
        healthy[0] = False
        bad = await client.get("/health/live")
        lost = await client.get("/elsewhere")

    assert (good.status_code, bad.status_code, lost.status_code) == (200, 503, 404)


async def test_the_file_of_a_ready_worker_comes_with_its_first_report(tmp_path: Path) -> None:
    file, reported = tmp_path / "ready", [False]
    telling = asyncio.create_task(touch_when(file, lambda: reported[0]))
    await asyncio.sleep(0.1)
    before = file.exists()
    reported[0] = True
    async with asyncio.timeout(5):
        while not file.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    telling.cancel()

    assert not before
