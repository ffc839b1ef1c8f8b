"""What every `GrowingBlobs` does, whoever implements it; `BlobStore` reads what it made."""

import hashlib
import random
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from adapters.storage.local import LocalBlobStore
from adapters.storage.local_growing import LocalGrowingBlobs
from adapters.storage.s3 import S3BlobStore
from adapters.storage.s3_growing import S3GrowingBlobs
from adapters.storage.signed_urls import UrlSigner
from domain.artifacts.growing import GrowingBlobs, Growth, GrowthLost
from domain.artifacts.keys import UnsafeKey, folder_of, upload_key
from domain.artifacts.ports import BlobStore, StoreUnavailable
from domain.identity.access import WorkspaceId
from s3_server import S3Server
from streams import cut, stream, whole
from tenants import MovableClock

STEP = 64 * 1024
CONTENT = random.Random(7).randbytes(5 * STEP + 1234)


@dataclass(frozen=True)
class Stores:
    growing: GrowingBlobs
    blobs: BlobStore

    async def append(self, growth: Growth, *chunks: bytes) -> Growth:
        async for grown in self.growing.append(growth, stream(*chunks)):
            growth = grown
        return growth

    async def content(self, growth: Growth) -> bytes:
        return await whole(self.blobs.open(growth.key))

    async def beside(self, growth: Growth) -> set[str]:
        return {key async for key in self.blobs.list(folder_of(growth.key))}


@pytest.fixture(scope="module", params=["local", "s3"])
async def stores(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stores]:
    signer = UrlSigner((b"k" * 32,), MovableClock())
    if request.param == "local":
        root = tmp_path_factory.mktemp("store")
        yield Stores(LocalGrowingBlobs(root, step=STEP), LocalBlobStore(root, signer))
        return
    server: S3Server = request.getfixturevalue("s3_server")
    place = server.place(server.new_bucket())
    growing, blobs = S3GrowingBlobs(place, part_size=STEP), S3BlobStore(place, signer)
    yield Stores(growing, blobs)
    await growing.close()
    await blobs.close()


def a_key() -> str:
    return upload_key(WorkspaceId(uuid4()), uuid4())


async def begun(stores: Stores, content: bytes = CONTENT) -> Growth:
    return await stores.growing.begin(a_key(), len(content))


@pytest.mark.parametrize("size", [1, 1000, STEP - 1, STEP, STEP + 1, 3 * STEP, len(CONTENT)])
async def test_pieces_of_any_size_become_one_object(stores: Stores, size: int) -> None:
    content = CONTENT[: max(40 * size, 1)] if size < STEP else CONTENT
    growth = await begun(stores, content)

    for start in range(0, len(content), size):
        growth = await stores.append(growth, content[start : start + size])
        assert growth.size == min(start + size, len(content))
    assert await stores.blobs.size(growth.key) is None
    await stores.growing.finish(growth)

    assert await stores.content(growth) == content
    assert await stores.beside(growth) == {growth.key}


async def test_what_is_safe_grows_while_a_long_piece_comes(stores: Stores) -> None:
    growth = await begun(stores)
    chunks = [CONTENT[n : n + 7000] for n in range(0, len(CONTENT), 7000)]

    sizes = [grown.size async for grown in stores.growing.append(growth, stream(*chunks))]

    assert sizes == [STEP * n for n in range(1, 6)] + [len(CONTENT)]


async def test_a_sender_that_breaks_off_leaves_what_was_safe(stores: Stores) -> None:
    growth = await begun(stores)
    broken = cut([CONTENT[: 2 * STEP + 5]], ConnectionResetError("gone"))

    try:
        async for grown in stores.growing.append(growth, broken):
            growth = grown
    except ConnectionResetError:
        pass
    else:
        pytest.fail("the break went unnoticed")
    assert growth.size == 2 * STEP
    growth = await stores.append(growth, CONTENT[2 * STEP :])
    await stores.growing.finish(growth)

    assert await stores.content(growth) == CONTENT


async def test_what_was_written_and_never_recorded_never_happened(stores: Stores) -> None:
    """Of every state that was ever recorded one can go on, whatever was written after it."""
    first = await stores.append(await begun(stores), CONTENT[: STEP + 100])
    for wrong in (b"x" * 10, b"y" * STEP, b"z" * (3 * STEP)):
        await stores.append(first, wrong)

    growth = await stores.append(first, CONTENT[STEP + 100 :])
    await stores.growing.finish(growth)

    assert await stores.content(growth) == CONTENT


async def test_another_process_goes_on_from_the_record_alone(stores: Stores) -> None:
    growth = await begun(stores)
    for start in range(0, len(CONTENT), 50_000):
        growth = await stores.append(growth, CONTENT[start : start + 50_000])
        growth = msgspec.json.decode(msgspec.json.encode(growth), type=Growth)
    await stores.growing.finish(growth)

    assert await stores.content(growth) == CONTENT


async def test_nothing_sent_changes_nothing(stores: Stores) -> None:
    growth = await stores.append(await begun(stores), CONTENT[:100])

    assert await stores.append(growth) == growth


async def test_finishing_twice_is_fine_and_aborting_after_that_keeps_the_object(
    stores: Stores,
) -> None:
    growth = await stores.append(await begun(stores), CONTENT)

    for _ in range(2):
        await stores.growing.finish(growth)
    await stores.growing.abort(growth)

    assert await stores.content(growth) == CONTENT


async def test_aborted_is_gone_and_aborting_twice_is_fine(stores: Stores) -> None:
    growth = await stores.append(await begun(stores), CONTENT[: STEP + 9])

    for _ in range(2):
        await stores.growing.abort(growth)

    assert await stores.beside(growth) == set()
    with pytest.raises(GrowthLost):
        await stores.append(growth, CONTENT[STEP + 9 :])
    with pytest.raises((GrowthLost, StoreUnavailable)):  # the S3 server for tests breaks off at it
        await stores.growing.finish(growth)


async def test_what_nobody_ends_is_swept_after_a_week_and_not_before(stores: Stores) -> None:
    """The server used here gives all multipart uploads one date."""
    growth = await stores.append(await begun(stores), CONTENT[: STEP + 9])
    is_local = isinstance(stores.growing, LocalGrowingBlobs)
    now = datetime.now(UTC) if is_local else datetime(2010, 11, 10, 20, 48, 33, tzinfo=UTC)

    early = await stores.blobs.sweep_unfinished(now + timedelta(days=6, hours=23))
    late = await stores.blobs.sweep_unfinished(now + timedelta(days=7, hours=1))

    assert early == 0
    assert late >= 1
    await stores.growing.abort(growth)


async def test_memory_stays_flat_however_long_the_piece(stores: Stores) -> None:
    length = 40 << 20
    growth = await stores.growing.begin(a_key(), length)

    async def megabytes() -> AsyncIterator[bytes]:
        for n in range(40):
            yield bytes([n]) * (1 << 20)

    tracemalloc.start()
    async for grown in stores.growing.append(growth, megabytes()):
        growth = grown
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await stores.growing.finish(growth)

    digest = hashlib.sha256()
    async for block in stores.blobs.open(growth.key):
        digest.update(block)
    expected = hashlib.sha256(b"".join(bytes([n]) * (1 << 20) for n in range(40)))
    assert digest.digest() == expected.digest()
    assert peak < 12 << 20


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../../b", "", "a/./b"])
async def test_a_key_that_could_leave_the_store_is_refused(stores: Stores, key: str) -> None:
    bad = Growth(key=key, total=1)
    for act in (
        stores.growing.begin(key, 1),
        stores.append(bad, b"x"),
        stores.growing.finish(bad),
        stores.growing.abort(bad),
    ):
        with pytest.raises(UnsafeKey):
            await act
