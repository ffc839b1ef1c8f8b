"""What every `BlobStore` does, whoever implements it."""

import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.storage.local import LocalBlobStore
from adapters.storage.s3 import S3BlobStore
from adapters.storage.signed_urls import UrlSigner
from domain.artifacts.keys import UnsafeKey
from domain.artifacts.ports import BlobExists, BlobInfo, BlobNotFound, BlobStore
from s3_server import S3Server
from streams import cut, stream, whole
from tenants import MovableClock


@pytest.fixture(scope="module", params=["local", "s3"])
async def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[BlobStore]:
    signer = UrlSigner((b"k" * 32,), MovableClock())
    if request.param == "local":
        yield LocalBlobStore(tmp_path_factory.mktemp("store"), signer)
    else:
        server: S3Server = request.getfixturevalue("s3_server")
        store = S3BlobStore(server.place(server.new_bucket()), signer, part_size=1 << 20)
        yield store
        await store.close()


def a_key(name: str = "report.pdf") -> str:
    return f"{uuid4()}/artifacts/{uuid4()}/1/{name}"


async def keys_below(store: BlobStore, prefix: str) -> set[str]:
    return {key async for key in store.list(prefix)}


async def test_what_was_put_comes_back_with_its_size_and_checksum(store: BlobStore) -> None:
    key = a_key()

    info = await store.put(key, stream(b"Dear ", b"", b"Ada"))

    assert info == BlobInfo(key=key, size=8, sha256=hashlib.sha256(b"Dear Ada").hexdigest())
    assert await store.head(key) == info
    assert await store.size(key) == 8
    assert await whole(store.open(key)) == b"Dear Ada"


async def test_a_file_of_this_machine_is_read_where_it_lies(store: BlobStore) -> None:
    key = a_key()
    await store.put(key, stream(b"Dear Ada"))

    path = await store.local_path(key)

    assert isinstance(store, LocalBlobStore) == (path is not None)
    assert path is None or path.read_bytes() == b"Dear Ada"
    with pytest.raises(BlobNotFound):
        await store.local_path(a_key())


async def test_an_empty_object_is_an_object(store: BlobStore) -> None:
    key = a_key()

    info = await store.put(key, stream())

    assert info.size == 0
    assert await store.head(key) == info
    assert await whole(store.open(key)) == b""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    chunks=st.lists(st.binary(max_size=4000), max_size=8),
    start=st.integers(0, 10_000),
    length=st.none() | st.integers(0, 10_000),
)
async def test_any_bytes_in_any_chunks_come_back_in_any_range(
    store: BlobStore, chunks: list[bytes], start: int, length: int | None
) -> None:
    key, content = a_key(), b"".join(chunks)
    await store.put(key, stream(*chunks))

    found = await whole(store.open(key, start=start, length=length))

    assert found == content[start : None if length is None else start + length]


async def test_a_long_stream_is_kept_whole_across_every_inner_boundary(store: BlobStore) -> None:
    """Longer than any block or part, in chunks that fit none of them."""
    key, chunk = a_key(), bytes(range(251)) * 4001
    content = chunk * 17

    info = await store.put(key, stream(*[chunk] * 17))

    assert info == BlobInfo(key=key, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    middle = 8 * (1 << 20) - 3
    assert (
        await whole(store.open(key, start=middle, length=70_000))
        == content[middle : middle + 70_000]
    )
    assert await whole(store.open(key)) == content


async def test_memory_stays_flat_however_long_the_stream(store: BlobStore) -> None:
    key, length = a_key(), 48

    async def megabytes() -> AsyncIterator[bytes]:
        for n in range(length):
            yield bytes([n]) * (1 << 20)

    tracemalloc.start()
    await store.put(key, megabytes())
    async for _ in store.open(key):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 16 << 20  # parts of 1 MiB: three on the wire with their copies, one being filled


async def test_a_negative_range_is_a_bug_of_the_caller(store: BlobStore) -> None:
    key = a_key()
    await store.put(key, stream(b"abc"))

    for start, length in ((-1, None), (0, -1)):
        with pytest.raises(ValueError, match="range"):
            await whole(store.open(key, start=start, length=length))


async def test_what_is_not_there_is_said_to_be_missing(store: BlobStore) -> None:
    key = a_key()

    assert await store.head(key) is None
    assert await store.size(key) is None
    for length in (None, 0, 5):
        with pytest.raises(BlobNotFound):
            await whole(store.open(key, length=length))
    with pytest.raises(BlobNotFound):
        await store.copy(key, a_key())
    await store.delete(key)


async def test_the_same_bytes_may_be_put_again_and_others_may_not(store: BlobStore) -> None:
    key = a_key()
    first = await store.put(key, stream(b"one"))

    assert await store.put(key, stream(b"o", b"ne")) == first
    with pytest.raises(BlobExists):
        await store.put(key, stream(b"two"))
    assert await whole(store.open(key)) == b"one"


async def test_long_objects_are_written_once_too(store: BlobStore) -> None:
    key, megabyte = a_key(), b"x" * (1 << 20)
    first = await store.put(key, stream(*[megabyte] * 11))

    assert await store.put(key, stream(*[megabyte] * 11)) == first
    with pytest.raises(BlobExists):
        await store.put(key, stream(*[megabyte] * 10, b"y" * (1 << 20)))
    assert await store.head(key) == first


async def test_overwriting_replaces_the_whole_object(store: BlobStore) -> None:
    key = a_key()
    await store.put(key, stream(b"a longer text"))

    info = await store.put(key, stream(b"short"), overwrite=True)

    assert await whole(store.open(key)) == b"short"
    assert await store.head(key) == info


@pytest.mark.parametrize("size", [10, 9 << 20])
async def test_a_stream_that_breaks_leaves_nothing(store: BlobStore, size: int) -> None:
    key = a_key()
    chunks = [b"x" * (size // 3)] * 3

    with pytest.raises(ConnectionResetError):
        await store.put(key, cut(chunks, ConnectionResetError("the sender went away")))

    assert await store.head(key) is None
    assert await keys_below(store, key.split("/", maxsplit=1)[0] + "/") == set()


async def test_a_copy_is_an_object_of_its_own(store: BlobStore) -> None:
    source, target = a_key(), a_key()
    info = await store.put(source, stream(b"template"))

    copied = await store.copy(source, target)
    await store.delete(source)

    assert copied == BlobInfo(key=target, size=info.size, sha256=info.sha256)
    assert await whole(store.open(target)) == b"template"
    assert await store.head(source) is None


async def test_a_copy_writes_once_as_well(store: BlobStore) -> None:
    source, target = a_key(), a_key()
    await store.put(source, stream(b"one"))
    await store.put(target, stream(b"two"))

    with pytest.raises(BlobExists):
        await store.copy(source, target)


async def test_deleted_is_gone_and_deleting_twice_is_fine(store: BlobStore) -> None:
    key = a_key()
    await store.put(key, stream(b"x"))

    await store.delete(key)
    await store.delete(key)

    assert await store.head(key) is None
    await store.put(key, stream(b"other bytes"))


async def test_listing_shows_the_keys_below_a_prefix_alone(store: BlobStore) -> None:
    here, there = uuid4(), uuid4()
    mine = {f"{here}/blobs/ab/{n}" for n in range(3)} | {f"{here}/artifacts/j/1/a.bin"}
    for key in (*mine, f"{there}/blobs/ab/0"):
        await store.put(key, stream(b"x"))

    assert await keys_below(store, f"{here}/") == mine
    assert await keys_below(store, f"{here}/artifacts/") == {f"{here}/artifacts/j/1/a.bin"}
    assert await keys_below(store, f"{here}/none/") == set()
    assert mine <= await keys_below(store, "")


async def test_listing_can_leave_out_what_is_young(store: BlobStore) -> None:
    workspace = uuid4()
    key = f"{workspace}/artifacts/j/1/a.bin"
    await store.put(key, stream(b"x"))
    now = datetime.now(UTC)

    before = [k async for k in store.list(f"{workspace}/", older_than=now - timedelta(hours=24))]
    after = [k async for k in store.list(f"{workspace}/", older_than=now + timedelta(hours=1))]

    assert (before, after) == ([], [key])


async def test_nothing_young_or_finished_is_swept_as_unfinished(store: BlobStore) -> None:
    key = a_key()
    await store.put(key, stream(b"x"))

    swept = await store.sweep_unfinished(datetime.now(UTC) + timedelta(hours=1))

    assert swept == 0
    assert await whole(store.open(key)) == b"x"


HOSTILE = (
    "", "/", "/etc/passwd", "../secret", "a/../../secret", "a/..", "a//b", "a/./b", ".hidden/a",
    "a/b/", "a\\..\\b", "C:/x", "a/\x00b", "a/b\n", "a/é", "~/x", "a b/c", "a/%2e%2e/b", "-rf/x",
    "x" * 600, "a/" + "y" * 200,
)  # fmt: skip


@pytest.mark.parametrize("key", HOSTILE)
async def test_a_key_that_could_leave_the_store_is_refused_everywhere(
    store: BlobStore, key: str
) -> None:
    for act in (
        store.put(key, stream(b"x")),
        whole(store.open(key)),
        store.head(key),
        store.size(key),
        store.delete(key),
        store.copy(key, a_key()),
        store.sign(key, file_name="x", media_type="text/plain", ttl=timedelta(seconds=9)),
    ):
        with pytest.raises(UnsafeKey):
            await act
    if key and key != "a/b/":  # the one that is a fine prefix
        with pytest.raises(UnsafeKey):
            await keys_below(store, key)


async def test_a_link_lives_five_minutes_at_most(store: BlobStore) -> None:
    key = a_key()

    for seconds in (0, -1, 301):
        with pytest.raises(ValueError, match="300 s"):
            await store.sign(
                key, file_name="x", media_type="text/plain", ttl=timedelta(seconds=seconds)
            )
