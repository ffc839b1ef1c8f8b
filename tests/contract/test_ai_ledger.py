"""What every `AiLedger` does: it equals the provider's own count, whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.openai.transcriber import OpenAiTranscriber, client_of
from adapters.sql.ai_ledger import SqlAiLedger
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import SystemClock, Uuid7
from application.ai.requests import Errand, Requests
from domain.ai.ports import EngineFailed, EngineRefused
from domain.ai.prices import Price, PriceTable
from domain.ai.speech import Heard
from domain.ai.use import AiIntent, AiUse, Outcome
from domain.artifacts.ports import BlobNotFound
from domain.identity.access import Actor
from speaking_server import Reply, SpeakingServer, speaking_server
from speech import flac, kept, silence
from tenants import NEW, Tenants

PRICES = PriceTable(version="test", models={"whisper-1": Price(audio_minute=6_000)})


@pytest.fixture
async def server() -> AsyncIterator[SpeakingServer]:
    async with speaking_server() as server:
        yield server


@pytest.fixture
async def engine(server: SpeakingServer, tmp_path: Path) -> AsyncIterator[OpenAiTranscriber]:
    blobs = LocalBlobStore(tmp_path, UrlSigner((bytes(32),), SystemClock(), ""))
    await kept(blobs, "two.flac", flac(silence(2)))
    client = client_of(server.url, "sk-test")
    yield OpenAiTranscriber(client, blobs, "whisper-1", slack=-1.0)  # one second in all
    await client.close()


def errand() -> Errand:
    return Errand(engine="openai", model="whisper-1", purpose="notes.transcribe", subject=NEW())


def requests_of(tenants: Tenants, waits: list[float]) -> Requests:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    return Requests(SqlAiLedger(tenants.worker), Uuid7(), PRICES, sleep)


async def outcomes(tenants: Tenants, actor: Actor, errand: Errand) -> list[str]:
    lines = await SqlAiLedger(tenants.app).requests(actor, subject=errand.subject)
    return [line.use.outcome.value for line in lines]


async def test_the_ledger_equals_what_the_provider_counts(
    tenants: Tenants, server: SpeakingServer, engine: OpenAiTranscriber
) -> None:
    actor, task, waits = tenants.actor(), errand(), list[float]()
    requests = requests_of(tenants, waits)
    server.will(Reply(429, {}, {"retry-after": "3"}), Reply(500, {}), Reply())
    server.will(Reply(cut=True), Reply(body=b"no json"), Reply(stall=3))
    server.will(Reply(400, {"error": {"message": "no timestamp_granularities here"}}), Reply())

    async def ask() -> Heard:
        return await engine.transcribe("two.flac", language=None)

    await requests(actor, task, ask)
    with pytest.raises(EngineFailed):
        await requests(actor, task, ask)
    heard = await requests(actor, task, ask)

    lines = await SqlAiLedger(tenants.app).requests(actor, subject=task.subject)
    assert [line.use.outcome.value for line in lines] == [
        "failed", "failed", "ok", "unknown", "failed", "unknown", "failed", "ok",
    ]  # fmt: skip
    assert len(lines) == len(server.asked) == 8
    paid = [line.use for line in lines if line.use.outcome is Outcome.OK]
    assert sum(use.audio_ms for use in paid) == server.seconds * 1_000 == 4_000
    assert [use.cost_micros for use in paid] == [200, 200]
    assert waits == [3.0, 2.0, 1.0, 2.0]
    assert heard.segments[0].text == "Good morning."


async def test_a_refusal_is_not_tried_again_and_what_was_not_sent_is_told_apart(
    tenants: Tenants, server: SpeakingServer, engine: OpenAiTranscriber
) -> None:
    actor, task = tenants.actor(), errand()
    requests = requests_of(tenants, [])
    server.will(Reply(401, {}))

    with pytest.raises(EngineRefused):
        await requests(actor, task, lambda: engine.transcribe("two.flac", language=None))
    with pytest.raises(BlobNotFound):
        await requests(actor, task, lambda: engine.transcribe("gone.flac", language=None))

    assert await outcomes(tenants, actor, task) == ["failed", "unsent"]
    assert len(server.asked) == 1


async def test_a_long_wait_is_left_to_the_caller(
    tenants: Tenants, server: SpeakingServer, engine: OpenAiTranscriber
) -> None:
    actor, waits = tenants.actor(), list[float]()
    server.will(Reply(429, {}, {"retry-after": "200"}))

    with pytest.raises(EngineFailed) as failed:
        await requests_of(tenants, waits)(
            actor, errand(), lambda: engine.transcribe("two.flac", language=None)
        )

    assert (failed.value.facts["retry_after"], waits) == (200.0, [])


async def test_whoever_dies_on_the_way_leaves_an_unknown_request(
    tenants: Tenants, server: SpeakingServer, engine: OpenAiTranscriber
) -> None:
    actor, task = tenants.actor(), errand()
    server.will(Reply(stall=30))
    engine.slack = 60.0
    call = asyncio.create_task(
        requests_of(tenants, [])(actor, task, lambda: engine.transcribe("two.flac", language=None))
    )
    while not server.asked:  # noqa: ASYNC110 - the server is no event
        await asyncio.sleep(0.01)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)

    assert await outcomes(tenants, actor, task) == ["unknown"]


async def test_settling_twice_counts_once_and_others_see_nothing(tenants: Tenants) -> None:
    actor, task = tenants.actor(), errand()
    ledger = SqlAiLedger(tenants.worker)
    intent = AiIntent(
        id=NEW(), engine="openai", model="m", purpose="notes.map", subject=task.subject
    )
    use = AiUse(engine="openai", model="m", input_tokens=9, cost_micros=5)
    await ledger.begin(actor, intent)
    await ledger.settle(actor, intent, use)
    await ledger.settle(actor, intent, AiUse(engine="openai", model="m", cost_micros=7))
    await ledger.record(actor, use, purpose="notes.reduce", subject=task.subject)

    lines = await ledger.requests(actor, subject=task.subject)

    assert [(line.intent.purpose, line.use) for line in lines] == [
        ("notes.map", use), ("notes.reduce", use),
    ]  # fmt: skip
    assert await ledger.requests(tenants.actor(), subject=task.subject) == ()
    spent = "SELECT sum(amount) FROM usage_entries WHERE quota = %s AND subject = %s"
    assert tenants.ask(spent, "ai_spend_micros", task.subject) == 10
    assert tenants.ask(spent, "ai_requests", task.subject) == 2
