"""Uploads survive what happens to servers and lines: restarts, cuts, silence."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, ask, running_api, settings_for
from application.artifacts.finish_upload import UploadFinisher
from entrypoints.http import tus_protocol
from entrypoints.settings import Settings
from served import served
from tus import PIECE, TEXT, Sender

ORIGIN = "https://app.example.org"


@pytest.fixture(scope="module")
def settings(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str, tmp_path_factory: Any
) -> Settings:
    return settings_for(
        cluster.url(database, "atelier_app"),
        valkey.url,
        data_dir=tmp_path_factory.mktemp("files"),
        allowed_origins=(ORIGIN,),
    )


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    async with running_api(settings) as api:
        yield api


async def half_sent(address: str, path: str, sender: Sender, size: int) -> None:
    """A line that is cut in the middle of what it announced."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    assert sender.who is not None
    headers = PIECE | sender.who.headers
    headers |= {"Host": address, "Upload-Offset": "0", "Content-Length": str(len(TEXT))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"PATCH /v1{path} HTTP/1.1\r\n{head}\r\n".encode() + TEXT[:size])
    await writer.drain()
    await asyncio.sleep(0.3)
    writer.transport.abort()
    await reader.read()


async def settled(sender: Sender, path: str) -> int:
    for _ in range(50):
        if offset := await sender.offset(path):
            return offset
        await asyncio.sleep(0.1)
    return 0


async def test_an_upload_goes_on_after_a_restart(settings: Settings) -> None:
    async with running_api(settings) as first:
        ada = await first.register()
        sender = Sender(first, ada)
        path = await sender.begin(len(TEXT))
        await sender.send(path, 0, TEXT[:50_000])

    async with running_api(settings) as second:
        sender = Sender(second, ada)
        offset = await sender.offset(path)
        sent = await sender.send(path, offset, TEXT[offset:])

        assert (offset, sent.status_code) == (50_000, 204)
        artifact = (await sender.shown(path))["artifact_id"]
        found = (await ask(second, ada, "GET", f"/artifacts/{artifact}")).json()
        assert found["sha256"] == hashlib.sha256(TEXT).hexdigest()


async def test_what_came_before_the_line_broke_is_kept(api: Api) -> None:
    sender = Sender(api, await api.register())
    path = await sender.begin(len(TEXT))
    async with served(api.app) as address:
        await half_sent(address, path, sender, 60_000)
        offset = await settled(sender, path)

    assert 0 < offset <= 60_000
    assert (await sender.send(path, offset, TEXT[offset:])).status_code == 204


async def test_a_line_that_falls_silent_is_given_up_for_another(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tus_protocol, "LEASE", tus_protocol.LEASE / 20)
    sender = Sender(api, await api.register())
    path = await sender.begin(len(TEXT))

    async def silent() -> AsyncIterator[bytes]:
        yield TEXT[:40_000]
        await asyncio.sleep(60)

    assert sender.who is not None
    headers = PIECE | {"Upload-Offset": "0"} | sender.who.headers
    async with served(api.app) as address, httpx.AsyncClient() as client:
        url = f"http://{address}/v1{path}"
        sending = asyncio.create_task(client.patch(url, headers=headers, content=silent()))
        offset = await settled(sender, path)
        again = await sender.send(path, offset, TEXT[offset:])
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    assert (offset, again.status_code) == (40_000, 204)


async def test_the_last_byte_is_enough_even_if_its_writer_died_before_the_end(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All bytes are recorded and nothing else happened: the next who looks ends it."""
    sender = Sender(api, await api.register())
    path = await sender.begin(len(TEXT))
    await sender.send(path, 0, TEXT[:-1])

    async def dies(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(UploadFinisher, "finish", dies)
        assert (await sender.send(path, len(TEXT) - 1, TEXT[-1:])).status_code == 500

    assert await sender.offset(path) == len(TEXT)
    assert (await sender.shown(path))["status"] == "complete"


async def test_browsers_of_listed_origins_may_speak_tus(api: Api) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "tus-resumable,upload-offset,upload-checksum",
    }
    preflight = await api.client.options("/v1/uploads/x", headers=asked)
    sender = Sender(api, await api.register())
    answer = await sender.create(10, headers={"Origin": ORIGIN})

    assert preflight.status_code == 204
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert "Upload-Offset" in preflight.headers["access-control-allow-headers"].title()
    exposed = answer.headers["access-control-expose-headers"]
    for header in ("Location", "Upload-Offset", "Upload-Expires", "Tus-Resumable"):
        assert header in exposed
