"""What every `Transcriber` does: it tells what is said, and nothing where nothing is."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.local_ai.models import find_model
from adapters.local_ai.pools import speech_kinds
from adapters.local_ai.transcriber import faster_whisper, moonshine
from adapters.runtime.children import Children
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import SystemClock
from domain.ai.ports import EngineRefused, Transcriber
from domain.ai.use import Outcome
from domain.artifacts.ports import BlobNotFound
from domain.notes.stitching import HeardShard, stitch
from domain.notes.transcript import Transcript
from domain.notes.writing import plain
from entrypoints.children import SPEECH
from speech import Sound, flac, kept, noise, shards_of, silence, spoken, tone, wav

FIRST = "Good morning. The meeting begins with a short report about the alarm."
SECOND = "Every alarm needs an owner, and every owner needs a plan for the night."
MODEL = os.environ.get("ATELIER_TEST_WHISPER_MODEL", "tiny.en")


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> LocalBlobStore:
    folder = tmp_path_factory.mktemp("files")
    return LocalBlobStore(folder, UrlSigner((bytes(32),), SystemClock(), ""))


@pytest.fixture(scope="module", params=["moonshine", "faster-whisper"])
async def engine(
    request: pytest.FixtureRequest, blobs: LocalBlobStore, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Transcriber]:
    """With ATELIER_TEST_WHISPER_MODEL (a folder, or a name in the hub's cache) Whisper, too."""
    model = find_model(MODEL, Path("/nowhere")) if request.param == "faster-whisper" else None
    if request.param == "faster-whisper" and model is None:
        pytest.skip("there is no Whisper model here")
    kinds = speech_kinds(SPEECH, processes=1, threads=2, whisper=model)
    async with Children(kinds, tmp_path_factory.mktemp("scratch")) as children:
        if model is None:
            yield moonshine(children, blobs, 2)
        else:
            yield faster_whisper(children, blobs, 2, MODEL)


async def heard_whole(
    engine: Transcriber, blobs: LocalBlobStore, sound: Sound, longest_s: float
) -> Transcript:
    heard = []
    for shard in await shards_of(blobs, "talk", sound, longest_s):
        answer = await engine.transcribe(shard.key, language=None)
        heard.append(
            HeardShard(number=shard.number, span=shard.span, speech=shard.speech, heard=answer)
        )
    return stitch(heard)


def talk() -> Sound:
    import numpy as np

    parts = (silence(2), spoken(FIRST), silence(3), spoken(SECOND), silence(2))
    return np.concatenate(parts)


async def test_what_is_said_is_told_with_true_times(
    engine: Transcriber, blobs: LocalBlobStore
) -> None:
    transcript = await heard_whole(engine, blobs, talk(), 600)

    words = [word for segment in transcript.segments for word in segment.words]
    said = [plain(word) for word in f"{FIRST} {SECOND}".split()]
    told = [plain(word.text) for word in words]
    assert len(set(told) & set(said)) >= 0.85 * len(set(said))
    second = 2_000 + len(spoken(FIRST)) // 16 + 3_000
    every = next(word for word in words if plain(word.text) == "every")
    assert abs(every.start_ms - second) < 700
    assert abs(words[0].start_ms - 2_000) < 700
    assert transcript.language == "en"
    assert all(word.estimated for word in words) is not engine.traits.word_times


async def test_shards_tell_what_the_whole_tells(engine: Transcriber, blobs: LocalBlobStore) -> None:
    whole = await heard_whole(engine, blobs, talk(), 600)
    parts = await heard_whole(engine, blobs, talk(), 6)

    assert len({segment.shard for segment in parts.segments}) > 1
    assert told(parts) == told(whole)


def told(transcript: Transcript) -> str:
    """Where a sentence ends may depend on what the engine hears around it; its words may not."""
    return "".join(plain(segment.text) for segment in transcript.segments)


@pytest.mark.parametrize("make", [silence, noise, tone], ids=["silence", "noise", "tone"])
async def test_where_nobody_speaks_nothing_is_told(
    engine: Transcriber, blobs: LocalBlobStore, make: object
) -> None:
    key = await kept(blobs, "quiet.flac", flac(make(20)))  # type: ignore[operator]

    heard = await engine.transcribe(key, language=None)

    assert heard.segments == ()
    assert heard.use.outcome is Outcome.OK


async def test_use_tells_how_much_was_listened_to(
    engine: Transcriber, blobs: LocalBlobStore
) -> None:
    key = await kept(blobs, "two.wav", wav(silence(2)))

    heard = await engine.transcribe(key, language=None)

    assert (heard.use.engine, heard.use.model) == (engine.traits.engine, engine.traits.model)
    assert (heard.use.audio_ms, heard.use.cost_micros) == (2_000, 0)


async def test_what_is_not_there_or_no_sound_is_refused(
    engine: Transcriber, blobs: LocalBlobStore
) -> None:
    with pytest.raises(BlobNotFound):
        await engine.transcribe("nothing.flac", language=None)
    broken = await kept(blobs, "broken.flac", b"fLaC and then nothing of the kind")
    with pytest.raises(EngineRefused) as refused:
        await engine.transcribe(broken, language=None)

    assert refused.value.facts["cause"] == "notes.unreadable-sound"
    assert refused.value.use.outcome is Outcome.FAILED


async def test_sound_that_is_too_long_never_reaches_the_engine(
    engine: Transcriber, blobs: LocalBlobStore
) -> None:
    hours = bytearray(flac(silence(1)))
    hours[21] |= 0x0F  # the header claims 2**35 samples and more
    key = await kept(blobs, "long.flac", bytes(hours))

    with pytest.raises(EngineRefused) as refused:
        await engine.transcribe(key, language=None)

    assert refused.value.use.outcome is Outcome.UNSENT
