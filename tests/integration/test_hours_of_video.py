"""Hours of video, in a child that stays small; benchmarks/notes.py does ten of them."""

import asyncio
from contextlib import suppress
from pathlib import Path

from adapters.media.engine import ChildMediaEngine
from adapters.media.pools import media_kind
from adapters.runtime import process_tree
from adapters.runtime.children import Children
from adapters.runtime.files import read_file
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from domain.notes.ports import GrabOrder, ListenOrder
from entrypoints.children import MEDIA
from long_film import FRAME_SECONDS, long_film
from tenants import MovableClock

HOURS = 3
LENGTH_MS = HOURS * 3_600_000


async def peak_of(children: Children, peak: list[int]) -> None:
    while True:
        for lease in children._leases:
            if lease.child is not None and lease.child.alive:
                peak[0] = max(peak[0], process_tree.resident_bytes(lease.child.process.pid))
        await asyncio.sleep(0.05)


async def test_hours_are_heard_and_seen_to_the_end_in_flat_memory(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path / "store", UrlSigner((bytes(32),), MovableClock(), ""))
    await store.put("w/long.mkv", read_file(long_film(tmp_path / "long.mkv", HOURS)))
    told: list[int] = []
    peak = [0]

    async def tell(done_ms: int) -> None:
        told.append(done_ms)

    async with Children([media_kind(MEDIA, processes=1)], tmp_path / "scratch") as children:
        watch = asyncio.create_task(peak_of(children, peak))
        engine = ChildMediaEngine(children, store)
        facts = await engine.probe("w/long.mkv", language=None, track=None)
        order = ListenOrder(
            source_key="w/long.mkv", facts=facts, prefix="w/a", shard_ms=600_000, longest_ms=660_000
        )
        listening = await engine.listen(order, tell)
        sighting = await engine.look("w/long.mkv", facts, tell)
        late = (LENGTH_MS - 2_000, LENGTH_MS + 5_000)
        picture = await engine.grab(
            GrabOrder(source_key="w/long.mkv", facts=facts, prefix="w/p", times_ms=late, width=320)
        )
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch

    spans = [shard.span for shard in listening.shards]
    assert abs(facts.duration_ms - LENGTH_MS) <= FRAME_SECONDS * 1000
    assert [span.start_ms for span in spans] == [0, *(span.end_ms for span in spans[:-1])]
    assert spans[-1].end_ms == facts.duration_ms
    assert len(spans) >= HOURS * 6 - 1
    assert len(listening.gaps) == HOURS * 60
    assert sighting.cuts == tuple(range(30_000, LENGTH_MS, 30_000))
    assert len(sighting.candidates) == 2  # two slides, again and again
    assert [each.time_ms for each in picture] == [LENGTH_MS - FRAME_SECONDS * 1000] * 2
    assert len(told) > 100
    assert 0 < peak[0] < 600 << 20
