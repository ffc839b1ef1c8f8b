"""The `Transcriber` that asks a server: what it makes of good answers, bad ones and none."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.openai.transcriber import OpenAiTranscriber, client_of
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import SystemClock
from domain.ai.ports import EngineFailed, EngineRefused
from domain.ai.use import Outcome
from domain.artifacts.ports import BlobNotFound
from speaking_server import VERBOSE, Reply, SpeakingServer, speaking_server
from speech import flac, kept, silence


@pytest.fixture
async def server() -> AsyncIterator[SpeakingServer]:
    async with speaking_server() as server:
        yield server


@pytest.fixture
async def engine(server: SpeakingServer, tmp_path: Path) -> AsyncIterator[OpenAiTranscriber]:
    blobs = LocalBlobStore(tmp_path, UrlSigner((bytes(32),), SystemClock(), ""))
    await kept(blobs, "two.flac", flac(silence(2)))
    client = client_of(server.url, "sk-test")
    yield OpenAiTranscriber(client, blobs, "whisper-1", slack=1.0)
    await client.close()


async def test_words_come_with_their_segments_times_and_doubts(
    engine: OpenAiTranscriber, server: SpeakingServer
) -> None:
    heard = await engine.transcribe("two.flac", language="en")

    first, second = heard.segments
    assert [word.text for word in first.words] == ["Good", "morning."]
    assert (second.words[0].start_ms, second.words[-1].end_ms) == (1_100, 1_800)
    assert (first.log_probability, first.no_speech, heard.language) == (-0.2, 0.01, "en")
    (asked,) = server.asked
    assert asked["file"].startswith(b"fLaC")
    assert (asked["model"], asked["language"]) == (["whisper-1"], ["en"])
    assert asked["timestamp_granularities[]"] == ["word", "segment"]
    assert (heard.use.outcome, heard.use.audio_ms) == (Outcome.OK, 2_000)


async def test_a_server_is_asked_for_less_where_it_knows_no_more(
    engine: OpenAiTranscriber, server: SpeakingServer
) -> None:
    refusal = {"error": {"message": "response_format verbose_json is not supported"}}
    server.will(Reply(400, refusal), Reply(400, refusal), Reply(body={"text": "Good morning."}))

    for _ in range(2):
        with pytest.raises(EngineFailed) as failed:
            await engine.transcribe("two.flac", language=None)
        assert failed.value.facts["again"]
    heard = await engine.transcribe("two.flac", language=None)

    assert [asked["response_format"][0] for asked in server.asked] == [
        "verbose_json", "verbose_json", "json",
    ]  # fmt: skip
    assert [(each.text, each.start_ms, each.end_ms) for each in heard.segments] == [
        ("Good morning.", 0, 2_000)
    ]
    assert not engine.traits.word_times


@pytest.mark.parametrize(
    ("reply", "outcome", "facts"),
    [
        (Reply(429, {}, {"retry-after": "7"}), Outcome.FAILED, {"status": 429, "retry_after": 7.0}),
        (Reply(500, {}), Outcome.FAILED, {"status": 500}),
        (Reply(503, b"<html>"), Outcome.FAILED, {"status": 503}),
        (Reply(stall=5), Outcome.UNKNOWN, {}),
        (Reply(cut=True), Outcome.UNKNOWN, {}),
        (Reply(body=b"{not json"), Outcome.FAILED, {}),
        (Reply(body={"words": []}), Outcome.FAILED, {}),
        (Reply(body=[1, 2]), Outcome.FAILED, {}),
        (Reply(body=b"[" * 100_000), Outcome.FAILED, {}),
    ],
    ids=["429", "500", "503", "stall", "cut", "no-json", "no-text", "list", "deep"],
)
async def test_what_may_pass_is_a_failure(
    engine: OpenAiTranscriber,
    server: SpeakingServer,
    reply: Reply,
    outcome: Outcome,
    facts: dict[str, object],
) -> None:
    engine.slack = -1.0 if reply.stall else 1.0  # two seconds of sound: one second is left
    server.will(reply)

    with pytest.raises(EngineFailed) as failed:
        await engine.transcribe("two.flac", language=None)

    assert failed.value.use.outcome is outcome
    assert failed.value.facts.items() >= facts.items()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(401, {"error": {"message": "wrong key"}}),
        Reply(404, {"error": {"message": "no such model"}}),
        Reply(413, {}),
        Reply(429, {"error": {"message": "pay first", "code": "insufficient_quota"}}),
    ],
    ids=["key", "model", "size", "money"],
)
async def test_what_stays_wrong_is_a_refusal(
    engine: OpenAiTranscriber, server: SpeakingServer, reply: Reply
) -> None:
    server.will(reply)

    with pytest.raises(EngineRefused) as refused:
        await engine.transcribe("two.flac", language=None)

    assert refused.value.facts["status"] == reply.status
    assert len(server.asked) == 1


async def test_a_server_that_is_not_there_fails_and_was_perhaps_not_paid(
    engine: OpenAiTranscriber, server: SpeakingServer
) -> None:
    engine.client.base_url = "http://127.0.0.1:1/v1"

    with pytest.raises(EngineFailed) as failed:
        await engine.transcribe("two.flac", language=None)

    assert failed.value.use.outcome is Outcome.UNKNOWN


async def test_times_of_a_liar_stay_within_the_clip(
    engine: OpenAiTranscriber, server: SpeakingServer
) -> None:
    lies = [
        {"word": "late", "start": 1e12, "end": float("nan")},
        {"word": "early", "start": -5, "end": -9},
        {"word": 7, "start": 0, "end": 1},
        {"word": "backwards", "start": 1.5, "end": 0.5},
        "nothing",
    ]
    segments = [{"start": "x", "end": None, "text": "late early backwards"}, None, {"text": 3}]
    server.will(Reply(body={**VERBOSE, "words": lies, "segments": segments}))

    heard = await engine.transcribe("two.flac", language=None)

    words = [word for segment in heard.segments for word in segment.words]
    assert sorted(word.text for word in words) == ["backwards", "early", "late"]
    assert all(0 <= word.start_ms <= word.end_ms <= 2_000 for word in words)


async def test_sound_that_is_not_there_or_too_large_is_never_sent(
    engine: OpenAiTranscriber, server: SpeakingServer
) -> None:
    await kept(engine.blobs, "large.wav", bytes(26 << 20))  # type: ignore[arg-type]

    with pytest.raises(EngineRefused) as refused:
        await engine.transcribe("large.wav", language=None)
    with pytest.raises(BlobNotFound):
        await engine.transcribe("nothing.flac", language=None)

    assert (refused.value.use.outcome, server.asked) == (Outcome.UNSENT, [])
