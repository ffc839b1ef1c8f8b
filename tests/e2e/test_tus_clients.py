"""Clients of other makers, over a line that is cut again and again."""

import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api import Api, ask
from cutting_proxy import cutting_proxy
from served import served
from tus_clients import TusClient, tus_js, tuspy

SIZE = 6 << 20
HEAD = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"


@pytest.fixture(scope="module")
async def address(api: Api) -> AsyncIterator[str]:
    async with served(api.app) as address:
        yield address


@pytest.fixture(scope="module", params=["tuspy", "tus-js-client"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TusClient:
    folder = tmp_path_factory.mktemp("client")
    client = tuspy(folder) if request.param == "tuspy" else tus_js(folder)
    if client is None:
        pytest.skip("there is no npm here, or it has nothing to install from")
    return client


@pytest.mark.parametrize("chunk", [0, 700_000], ids=["in one piece", "in pieces"])
async def test_a_film_arrives_whole_over_a_bad_line(
    api: Api, address: str, client: TusClient, tmp_path: Path, chunk: int
) -> None:
    chance = random.Random(chunk)
    content = HEAD + random.Random(len(client.command)).randbytes(SIZE + chunk)
    file = tmp_path / "film.mp4"
    file.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    ada = await api.register()

    async with cutting_proxy(address, lambda: chance.randrange(200_000, 1_200_000)) as proxy:
        url = await client.upload(
            f"{proxy.url}/v1/uploads", file, ada.headers, chunk=chunk, sha256=sha256
        )

    shown = (await ask(api, ada, "GET", f"/uploads/{url.rpartition('/')[2]}")).json()
    assert proxy.cuts > 2
    assert (shown["status"], shown["file_name"]) == ("complete", "film.mp4")
    artifact = (await ask(api, ada, "GET", f"/artifacts/{shown['artifact_id']}")).json()
    assert (artifact["sha256"], artifact["media_type"]) == (sha256, "video/mp4")


async def test_tuspy_with_a_checksum_for_every_piece(
    api: Api, address: str, tmp_path: Path
) -> None:
    content = HEAD + random.Random(3).randbytes(1 << 20)
    file = tmp_path / "film.mp4"
    file.write_bytes(content)
    ada = await api.register()

    async with cutting_proxy(address, lambda: 450_000) as proxy:
        url = await tuspy(tmp_path).upload(
            f"{proxy.url}/v1/uploads", file, ada.headers, chunk=200_000, checksum=True
        )

    shown = (await ask(api, ada, "GET", f"/uploads/{url.rpartition('/')[2]}")).json()
    artifact = (await ask(api, ada, "GET", f"/artifacts/{shown['artifact_id']}")).json()
    assert artifact["sha256"] == hashlib.sha256(content).hexdigest()
