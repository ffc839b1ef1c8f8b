"""Large files where files are kept in a bucket: through us, and straight to it."""

import hashlib
import random
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from httpx import Response

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, Person, ask, code, running_api, settings_for
from s3_server import S3Server
from tus import VERSION, Sender

MIB = 1 << 20
FILM = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00" + random.Random(5).randbytes(34 * MIB)
SHA256 = hashlib.sha256(FILM).hexdigest()


@pytest.fixture(scope="module")
async def api(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str, s3_server: S3Server,
    tmp_path_factory: Any,
) -> AsyncIterator[Api]:  # fmt: skip
    settings = settings_for(
        cluster.url(database, "atelier_app"),
        valkey.url,
        data_dir=tmp_path_factory.mktemp("bucket"),
        s3_bucket=s3_server.new_bucket(),
        s3_endpoint_url=s3_server.url,
        s3_access_key_id="a",
        s3_secret_access_key="b",
    )
    async with running_api(settings) as api:
        yield api


async def direct(api: Api, who: Person, **changes: Any) -> Response:
    body = {"file_name": "film.mp4", "media_type": "video/mp4", "length": len(FILM)} | changes
    return await ask(api, who, "POST", "/uploads/multipart", json=body)


async def put(links: list[dict[str, Any]]) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        for link in links:
            piece = FILM[link["offset"] : link["offset"] + link["size"]]
            assert (await client.put(link["url"], content=piece)).status_code == 200


async def test_pieces_through_us_become_an_object_of_the_bucket(api: Api) -> None:
    sender = Sender(api, await api.register())
    path = await sender.begin(len(FILM), filename="film.mp4", sha256=SHA256)
    cuts = [0, 100, 5 * MIB, 5 * MIB + 1, 21 * MIB, len(FILM)]

    for start, end in pairwise(cuts):
        assert (await sender.send(path, start, FILM[start:end])).status_code == 204
        assert await sender.offset(path) == end

    done = await sender.shown(path)
    link = await ask(api, sender.who, "GET", f"/artifacts/{done['artifact_id']}/download")
    async with httpx.AsyncClient() as client:
        assert (await client.get(link.headers["location"])).content == FILM


async def test_parts_straight_to_the_bucket_become_a_file(api: Api) -> None:
    ada = await api.register()
    begun = await direct(api, ada, sha256=SHA256)
    upload = begun.json()
    path = f"/uploads/{upload['id']}"
    assert (begun.status_code, upload["part_size"], upload["part_count"]) == (201, 32 * MIB, 2)
    await put(upload["links"][1:])

    early = await ask(api, ada, "POST", f"{path}/complete")
    there = (await ask(api, ada, "GET", f"{path}/parts")).json()
    again = await ask(api, ada, "POST", f"{path}/parts", json={"numbers": [1]})
    await put(again.json()["links"])
    done = await ask(api, ada, "POST", f"{path}/complete")

    assert (early.status_code, code(early)) == (409, "artifacts.upload-incomplete")
    assert [part["number"] for part in there["parts"]] == [2]
    assert there["received"] == len(FILM) - 32 * MIB
    assert done.status_code == 200, done.text
    artifact = (await ask(api, ada, "GET", f"/artifacts/{done.json()['artifact_id']}")).json()
    assert (artifact["sha256"], artifact["size"]) == (SHA256, len(FILM))
    repeated = await ask(api, ada, "POST", f"{path}/complete")
    assert repeated.json() == done.json()

    second = (await direct(api, ada)).json()
    await put(second["links"])
    twice = await ask(api, ada, "POST", f"/uploads/{second['id']}/complete")
    assert twice.json()["duplicate"] is True


async def test_what_lies_in_the_bucket_is_believed_only_once_it_was_read(api: Api) -> None:
    ada = await api.register()
    upload = (await direct(api, ada, sha256="0" * 64)).json()
    await put(upload["links"])

    refused = await ask(api, ada, "POST", f"/uploads/{upload['id']}/complete")

    assert (refused.status_code, code(refused)) == (422, "artifacts.checksum-mismatch")
    assert await Sender(api, ada).stored() == 0


async def test_the_two_ways_do_not_mix_and_parts_have_bounds(api: Api) -> None:
    ada = await api.register()
    sender = Sender(api, ada)
    upload, mine = (await direct(api, ada)).json(), await sender.begin(10)
    path = f"/uploads/{upload['id']}"

    patched = await sender.send(path, 0, b"x")
    linked = await ask(api, ada, "POST", f"{mine}/parts", json={"numbers": [1]})
    assert {code(patched), code(linked)} == {"artifacts.not-direct"}
    for numbers in ([0], [3], [-1], [2**40]):
        answer = await ask(api, ada, "POST", f"{path}/parts", json={"numbers": numbers})
        assert (answer.status_code, code(answer)) == (422, "artifacts.no-such-part"), numbers
    assert (await direct(api, ada, length=0)).status_code == 422
    assert (await direct(api, ada, length=6 * 1024 * MIB)).status_code == 413
    ended = await ask(api, ada, "DELETE", path, headers=VERSION)
    assert (ended.status_code, await sender.stored()) == (204, 10)
    assert (await ask(api, ada, "GET", f"{path}/parts")).status_code == 404
