"""The S3 store under a server and a network that fail in every known way."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.storage.s3 import S3BlobStore
from adapters.storage.s3_wire import S3Place
from adapters.storage.signed_urls import UrlSigner
from domain.artifacts.ports import BlobExists, StoreUnavailable
from faulty_proxy import Fault, FaultyProxy, Request, faulty_proxy, first
from s3_server import S3Server, free_port
from streams import cut, stream, whole
from tenants import MovableClock

PART = 64 * 1024
SHORT, LONG = b"short" * 1000, bytes(range(256)) * 1000  # one request; four parts
SIGNER = UrlSigner((b"k" * 32,), MovableClock())
TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(scope="module")
async def lasting_proxy(s3_server: S3Server) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(s3_server.url) as proxy:
        yield proxy


@pytest.fixture
def proxy(lasting_proxy: FaultyProxy) -> Iterator[FaultyProxy]:
    lasting_proxy.seen.clear()
    yield lasting_proxy
    lasting_proxy.plan = lambda _: None


@pytest.fixture(scope="module")
async def store(s3_server: S3Server, lasting_proxy: FaultyProxy) -> AsyncIterator[S3BlobStore]:
    """One for all tests: making a client takes longer than most of them."""
    place = s3_server.place(s3_server.new_bucket(), through=lasting_proxy.url)
    store = S3BlobStore(place, SIGNER, part_size=PART)
    yield store
    await store.close()


def a_key() -> str:
    return f"{uuid4()}/artifacts/{uuid4()}/1/x.bin"


def is_put(request: Request) -> bool:
    return request.method == "PUT"


async def nothing_unfinished(store: S3BlobStore) -> bool:
    return await store.sweep_unfinished(TOMORROW) == 0


@pytest.mark.parametrize(
    ("content", "fault", "of"),
    [
        (SHORT, Fault.REFUSE_500, is_put),
        (SHORT, Fault.REFUSE_503, is_put),
        (SHORT, Fault.LOSE_ANSWER, is_put),
        (SHORT, Fault.CUT_ANSWER, is_put),
        (LONG, Fault.REFUSE_500, Request.is_part),
        (LONG, Fault.LOSE_ANSWER, Request.is_part),
        (LONG, Fault.REFUSE_503, Request.is_complete),
        (LONG, Fault.LOSE_ANSWER, Request.is_complete),
        (LONG, Fault.ERROR_IN_200, Request.is_complete),
        (LONG, Fault.CUT_ANSWER, Request.is_complete),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
async def test_a_write_survives_one_fault(
    store: S3BlobStore,
    proxy: FaultyProxy,
    content: bytes,
    fault: Fault,
    of: Callable[[Request], bool],
) -> None:
    proxy.plan = first(fault, 1, of)
    key = a_key()

    info = await store.put(key, stream(content))

    assert info.sha256 == hashlib.sha256(content).hexdigest()
    assert await whole(store.open(key)) == content
    assert await nothing_unfinished(store)


async def test_a_completed_upload_whose_answer_was_lost_is_recognised(
    store: S3BlobStore, proxy: FaultyProxy
) -> None:
    faults = [Fault.NO_SUCH_UPLOAD, Fault.LOSE_ANSWER]
    proxy.plan = lambda request: faults.pop() if faults and request.is_complete() else None
    key = a_key()

    info = await store.put(key, stream(LONG))

    assert faults == []
    assert await store.head(key) == info


async def test_an_upload_the_server_forgot_is_not_taken_for_stored(
    store: S3BlobStore, proxy: FaultyProxy
) -> None:
    proxy.plan = lambda request: Fault.NO_SUCH_UPLOAD if request.is_complete() else None
    key = a_key()

    with pytest.raises(Exception, match="not there"):
        await store.put(key, stream(LONG))

    assert await store.head(key) is None


@pytest.mark.parametrize("fault", [Fault.CUT_ANSWER, Fault.LOSE_ANSWER, Fault.REFUSE_503])
async def test_a_read_goes_on_where_the_connection_broke(
    store: S3BlobStore, proxy: FaultyProxy, fault: Fault
) -> None:
    key = a_key()
    content = random.Random(1).randbytes(3_000_000)
    await store.put(key, stream(content))
    proxy.plan = first(fault, 2, lambda request: request.method == "GET")

    found = await whole(store.open(key, start=1000, length=2_500_000))

    assert found == content[1000:2_501_000]


async def test_a_read_that_keeps_breaking_ends(store: S3BlobStore, proxy: FaultyProxy) -> None:
    key = a_key()
    await store.put(key, stream(LONG))
    proxy.plan = lambda request: Fault.CUT_ANSWER if request.method == "GET" else None

    with pytest.raises(StoreUnavailable):
        await whole(store.open(key))


@pytest.mark.parametrize("content", [SHORT, LONG], ids=["short", "long"])
async def test_bytes_spoilt_on_the_way_are_noticed_and_do_not_block_the_next_try(
    store: S3BlobStore, proxy: FaultyProxy, content: bytes
) -> None:
    """The server used here checks nothing by itself: our own look at the result must notice."""
    proxy.plan = first(Fault.FLIP_BIT, 1, is_put if content is SHORT else Request.is_part)
    key = a_key()

    if content is LONG:
        with pytest.raises(StoreUnavailable):
            await store.put(key, stream(content))
        assert await store.head(key) is None
    info = await store.put(a_key(), stream(content))

    assert info.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("content", [SHORT, LONG], ids=["short", "long"])
async def test_a_server_that_stays_broken_is_said_to_be_unavailable(
    store: S3BlobStore, proxy: FaultyProxy, content: bytes
) -> None:
    proxy.plan = lambda request: Fault.REFUSE_500 if is_put(request) else None
    key = a_key()

    with pytest.raises(StoreUnavailable):
        await store.put(key, stream(content))

    proxy.plan = lambda _: None
    assert await store.head(key) is None
    assert await nothing_unfinished(store)


async def test_a_sender_that_breaks_off_leaves_no_unfinished_upload(store: S3BlobStore) -> None:
    with pytest.raises(ConnectionResetError):
        await store.put(a_key(), cut([LONG], ConnectionResetError("gone")))

    assert await nothing_unfinished(store)


async def test_what_could_not_be_aborted_is_swept(store: S3BlobStore, proxy: FaultyProxy) -> None:
    proxy.plan = lambda request: Fault.REFUSE_500 if request.method == "DELETE" else None
    with pytest.raises(ConnectionResetError):
        await store.put(a_key(), cut([LONG], ConnectionResetError("gone")))
    proxy.plan = lambda _: None

    too_old = await store.sweep_unfinished(datetime(2000, 1, 1, tzinfo=UTC))
    first_sweep, second_sweep = [await store.sweep_unfinished(TOMORROW) for _ in range(2)]

    assert (too_old, first_sweep, second_sweep) == (0, 1, 0)


async def test_uploads_of_others_in_the_bucket_are_left_alone(store: S3BlobStore) -> None:
    client = await store._session.client()
    theirs = {"Bucket": store._bucket, "Key": "backups/monday.dump"}
    upload = await client.create_multipart_upload(**theirs)

    swept = await store.sweep_unfinished(TOMORROW)
    listed = await client.list_multipart_uploads(Bucket=store._bucket)
    await client.abort_multipart_upload(**theirs, UploadId=upload["UploadId"])

    assert swept == 0
    assert [each["Key"] for each in listed["Uploads"]] == ["backups/monday.dump"]


async def test_a_cancelled_write_leaves_nothing(store: S3BlobStore, proxy: FaultyProxy) -> None:
    key, sent = a_key(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(PART)
            if sum(request.is_part() for request in proxy.seen) > 3:
                sent.set()

    task = asyncio.create_task(store.put(key, endless()))
    await sent.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await store.head(key) is None
    assert await nothing_unfinished(store)


async def test_of_rivals_for_one_key_one_wins_and_the_others_are_told(store: S3BlobStore) -> None:
    key = a_key()
    contents = [random.Random(n).randbytes(200_000) for n in range(4)]

    ends = await asyncio.gather(
        *(store.put(key, stream(content)) for content in contents), return_exceptions=True
    )

    winners = [n for n, end in enumerate(ends) if not isinstance(end, Exception)]
    assert len(winners) == 1
    assert sum(isinstance(end, BlobExists) for end in ends) == 3
    assert await whole(store.open(key)) == contents[winners[0]]


async def test_no_server_at_all_is_unavailable() -> None:
    place = S3Place(
        bucket="none",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
        access_key_id="a",
        secret_access_key="b",
        attempts=1,
    )
    store = S3BlobStore(place, SIGNER)

    for act in (store.put(a_key(), stream(b"x")), store.head(a_key()), whole(store.open(a_key()))):
        with pytest.raises(StoreUnavailable):
            await act
    await store.close()


async def test_a_bucket_that_is_not_there_is_unavailable(s3_server: S3Server) -> None:
    store = S3BlobStore(s3_server.place("no-such-bucket"), SIGNER)

    with pytest.raises(StoreUnavailable):
        await store.put(a_key(), stream(b"x"))
    await store.close()


async def test_many_uploads_over_a_bad_line_all_arrive_whole(
    store: S3BlobStore, proxy: FaultyProxy
) -> None:
    chance = random.Random(20261122)
    faults = [Fault.REFUSE_500, Fault.REFUSE_503, Fault.LOSE_ANSWER, Fault.CUT_ANSWER]
    contents = {a_key(): chance.randbytes(chance.randrange(1, 300_000)) for _ in range(25)}
    broken = set()

    def plan(request: Request) -> Fault | None:
        """One request in six breaks, but not the same one twice."""
        mark = (request.method, request.target)
        if mark in broken or chance.random() > 1 / 6:
            return None
        broken.add(mark)
        return chance.choice(faults)

    proxy.plan = plan
    infos = await asyncio.gather(*(store.put(key, stream(c)) for key, c in contents.items()))
    proxy.plan = lambda _: None

    assert len(broken) > 10
    for info in infos:
        assert await whole(store.open(info.key)) == contents[info.key]
        assert info.sha256 == hashlib.sha256(contents[info.key]).hexdigest()
    await store.sweep_unfinished(TOMORROW)  # the begin of an upload whose answer was lost
    assert await nothing_unfinished(store)
