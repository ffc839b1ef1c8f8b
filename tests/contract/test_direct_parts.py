"""Parts that senders write themselves: where there is a bucket; elsewhere it is said plainly."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from adapters.storage.local_growing import LocalGrowingBlobs
from adapters.storage.s3 import S3BlobStore
from adapters.storage.s3_growing import S3GrowingBlobs
from adapters.storage.signed_urls import UrlSigner
from domain.artifacts.growing import Growth, GrowthLost, NoDirectUploads
from domain.artifacts.keys import upload_key
from domain.identity.access import WorkspaceId
from s3_server import S3Server
from streams import whole
from tenants import MovableClock

PART = 64 * 1024
CONTENT = random.Random(8).randbytes(2 * PART + 77)


@pytest.fixture
async def growing(s3_server: S3Server) -> AsyncIterator[S3GrowingBlobs]:
    place = s3_server.place(s3_server.new_bucket())
    growing = S3GrowingBlobs(place, direct_part_size=PART)
    yield growing
    await growing.close()


def a_key() -> str:
    return upload_key(WorkspaceId(uuid4()), uuid4())


async def sent(growing: S3GrowingBlobs, growth: Growth, *numbers: int) -> None:
    async with httpx.AsyncClient() as client:
        for link in await growing.links(growth, numbers):
            piece = CONTENT[link.offset : link.offset + link.size]
            answer = await client.put(link.url, content=piece)
            assert answer.status_code == 200, answer.text


async def test_parts_sent_to_their_addresses_are_seen_and_put_together(
    growing: S3GrowingBlobs, s3_server: S3Server
) -> None:
    growth = await growing.begin(a_key(), len(CONTENT), direct=True)
    await sent(growing, growth, 1, 3)
    half = await growing.received(growth)
    await sent(growing, growth, 2)
    all_of_it = await growing.received(growth)

    for _ in range(2):
        await growing.finish(all_of_it)

    assert [(part.number, part.size) for part in half.parts] == [(1, PART), (3, 77)]
    assert all_of_it.size == len(CONTENT)
    place = s3_server.place(growing._bucket)
    store = S3BlobStore(place, UrlSigner((b"k" * 32,), MovableClock()))
    assert await whole(store.open(growth.key)) == CONTENT
    again = await growing.received(growth)
    await growing.finish(again)  # the answer to the first time was lost
    assert again.size == len(CONTENT)
    await store.close()


async def test_an_address_is_for_one_part_of_just_its_size_for_five_minutes(
    growing: S3GrowingBlobs,
) -> None:
    growth = await growing.begin(a_key(), len(CONTENT), direct=True)

    first, last = await growing.links(growth, [1, 3])

    assert (first.offset, first.size, last.offset, last.size) == (0, PART, 2 * PART, 77)
    assert "partNumber=3" in last.url
    assert "X-Amz-Expires=300" in last.url
    assert "content-length" in last.url


async def test_an_aborted_one_is_lost(growing: S3GrowingBlobs) -> None:
    growth = await growing.begin(a_key(), len(CONTENT), direct=True)
    await sent(growing, growth, 1)
    await growing.abort(growth)

    with pytest.raises(GrowthLost):
        await growing.received(growth)


async def test_a_disk_has_no_addresses(tmp_path: Path) -> None:
    growing = LocalGrowingBlobs(tmp_path)

    for act in (
        growing.begin(a_key(), 1, direct=True),
        growing.links(Growth(key=a_key()), [1]),
        growing.received(Growth(key=a_key())),
    ):
        with pytest.raises(NoDirectUploads):
            await act
