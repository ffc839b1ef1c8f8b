"""What every `MediaEngine` does; here: in child processes, over files of this machine and S3."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import numpy as np
import pytest

from adapters.media.engine import ChildMediaEngine
from adapters.media.pools import media_kind
from adapters.runtime.children import Children
from adapters.runtime.files import read_file
from adapters.storage.local import LocalBlobStore
from adapters.storage.s3 import S3BlobStore
from adapters.storage.signed_urls import UrlSigner
from clips import Sound, Track, counting, film, slide, tone
from domain.artifacts.ports import BlobNotFound, BlobStore
from domain.notes.media import MediaTooLong, NotMedia, Span, UnknownTrack
from domain.notes.ports import CutOrder, GrabOrder, ListenOrder, MediaEngine
from entrypoints.children import MEDIA
from long_film import long_film
from s3_server import S3Server
from streams import whole
from tenants import MovableClock


@pytest.fixture(scope="module")
async def children(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Children]:
    kinds = [media_kind(MEDIA, processes=2)]
    async with Children(kinds, tmp_path_factory.mktemp("children")) as children:
        yield children


@pytest.fixture(scope="module", params=["local", "s3"])
async def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[BlobStore]:
    signer = UrlSigner((b"k" * 32,), MovableClock())
    if request.param == "local":
        yield LocalBlobStore(tmp_path_factory.mktemp("store"), signer)
    else:
        server: S3Server = request.getfixturevalue("s3_server")
        store = S3BlobStore(server.place(server.new_bucket()), signer)
        yield store
        await store.close()


@pytest.fixture
def engine(children: Children, store: BlobStore) -> MediaEngine:
    return ChildMediaEngine(children, store)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = [
        slide("The harbour", ["boats", "nets", "lamps"][:shown], 320, 180) for shown in (1, 2, 3)
    ]
    frames = [(n * 9000, pictures[n // 40]) for n in range(120)]
    sound = np.concatenate([tone(3), np.zeros(32_000, np.float32), tone(7)])
    return film(
        tmp_path_factory.mktemp("talk") / "talk.mp4",
        Track(frames=frames, size=(320, 180), rate=10),
        Sound(stretches=[(0, sound)]),
    )


async def stored(store: BlobStore, path: Path) -> str:
    key = f"{uuid4()}/videos/source.mp4"
    await store.put(key, read_file(path))
    return key


async def quiet(done_ms: int) -> None:
    pass


async def test_a_video_is_probed_heard_seen_and_shown(
    engine: MediaEngine, store: BlobStore, talk: Path
) -> None:
    key = await stored(store, talk)
    prefix = f"{uuid4()}/artifacts"
    facts = await engine.probe(key, language=None, track=None)
    listening = await engine.listen(
        ListenOrder(
            source_key=key, facts=facts, prefix=prefix, shard_ms=300_000, longest_ms=400_000
        ),
        quiet,
    )
    sighting = await engine.look(key, facts, quiet)
    times = tuple(each.time_ms for each in sighting.candidates)
    pictures = await engine.grab(
        GrabOrder(source_key=key, facts=facts, prefix=prefix, times_ms=times, width=320)
    )
    cut = await engine.cut(
        CutOrder(
            source_key=key,
            facts=facts,
            span=Span(start_ms=2000, end_ms=5000),
            key=f"{prefix}/c.mp4",
        )
    )

    assert facts.duration_ms == pytest.approx(12_000, abs=50)
    assert [shard.key for shard in listening.shards] == [f"{prefix}/audio-00000.flac"]
    assert listening.shards[0].span == Span(start_ms=0, end_ms=facts.duration_ms)
    assert sighting.cuts == (4000, 8000)
    assert [each.number for each in sighting.candidates] == [1, 2, 3]
    assert [(each.time_ms, each.width) for each in pictures] == [(time, 320) for time in times]
    assert (cut.start_ms, cut.end_ms) == (2000, 5000)
    for made in (*listening.shards, *pictures, cut):
        info = await store.head(made.key)
        assert info is not None
        assert (info.size, info.sha256) == (made.size, made.sha256)
    assert (await whole(store.open(pictures[0].key)))[:3] == b"\xff\xd8\xff"
    assert (await whole(store.open(listening.shards[0].key)))[:4] == b"fLaC"


async def test_refusals_come_through_as_what_they_are(
    engine: MediaEngine, store: BlobStore, children: Children, talk: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("Dear Ada, this is no video.")
    key, words = await stored(store, talk), await stored(store, text)

    with pytest.raises(NotMedia) as refused:
        await engine.probe(words, language=None, track=None)
    assert refused.value.facts == {"found": "text"}
    with pytest.raises(BlobNotFound):
        await engine.probe(f"{uuid4()}/videos/none.mp4", language=None, track=None)
    with pytest.raises(UnknownTrack):
        await engine.probe(key, language=None, track=7)
    facts = await engine.probe(key, language=None, track=None)
    with pytest.raises(UnknownTrack):
        await engine.captions(key, facts, 0)
    brief = ChildMediaEngine(children, store, longest_ms=5000)
    with pytest.raises(MediaTooLong):
        await brief.probe(key, language=None, track=None)


@pytest.mark.parametrize("kind", ["srt", "vtt", "ass"])
async def test_captions_of_the_file_are_read(
    engine: MediaEngine, store: BlobStore, tmp_path: Path, kind: str
) -> None:
    key = await stored(
        store, captioned(tmp_path / "a.mkv", kind, {"srt": SRT, "vtt": VTT, "ass": ASS}[kind])
    )
    facts = await engine.probe(key, language=None, track=None)

    segments = await engine.captions(key, facts, facts.captions[0].index)

    assert [(each.language, each.text) for each in facts.captions] == [("en", True)]
    assert [(each.number, each.start_ms, each.end_ms, each.text) for each in segments] == [
        (1, 1000, 3000, "The boats come home."),
        (2, 4000, 6500, "Nobody counts the lamps."),
    ]
    words = segments[0].words
    assert [word.text for word in words] == ["The", "boats", "come", "home."]
    assert (words[0].start_ms, words[-1].end_ms) == (1000, 3000)
    assert all(word.estimated for word in words)


SRT = """1
00:00:01,000 --> 00:00:03,000
<i>The boats</i>
come home.

2
00:00:04,000 --> 00:00:06,500
{\\an8}Nobody counts the lamps.
"""
VTT = """WEBVTT

00:01.000 --> 00:03.000
<v Ada>The boats</v>
come home.

00:04.000 --> 00:06.500 align:start
Nobody counts the lamps.
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{\\i1}The boats{\\i0}\\Ncome home.
Dialogue: 0,0:00:04.00,0:00:06.50,Default,,0,0,0,,Nobody counts the lamps.
"""


def captioned(path: Path, kind: str, text: str) -> Path:
    """A film with a caption track, copied from a caption file."""
    source = path.with_name(f"captions.{kind}")
    source.write_text(text)
    plain = film(path.with_name("plain.mkv"), Track(frames=counting(8)))
    with (
        av.open(str(plain)) as video,
        av.open(str(source)) as words,
        av.open(str(path), "w") as made,
    ):
        picture = made.add_stream_from_template(video.streams.video[0])
        said: Any = made.add_stream_from_template(words.streams.subtitles[0])
        said.metadata["language"] = "eng"
        for opened, stream in ((video, picture), (words, said)):
            for packet in opened.demux():
                if packet.size:
                    packet.stream = stream
                    made.mux(packet)
    return path


async def test_cancelling_kills_the_child_at_once(
    children: Children, tmp_path: Path, engine: MediaEngine, store: BlobStore
) -> None:
    key = await stored(store, long_film(tmp_path / "long.mkv", 3))
    facts = await engine.probe(key, language=None, track=None)
    order = ListenOrder(
        source_key=key, facts=facts, prefix="p/a", shard_ms=300_000, longest_ms=400_000
    )
    heard = asyncio.Event()

    async def tell(done_ms: int) -> None:
        heard.set()

    task = asyncio.create_task(engine.listen(order, tell))
    await asyncio.wait_for(heard.wait(), 30)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - began < 5
    assert alive(children) == []


def alive(children: Children) -> list[int]:
    return [
        lease.child.process.pid
        for lease in children._leases
        if lease.child is not None and lease.child.alive
    ]
