"""Asking a model for an answer of a shape: a broken one gets a second chance, and no third."""

from collections.abc import AsyncIterator

import pytest

from adapters.openai.language_model import OpenAiLanguageModel
from adapters.openai.transcriber import client_of
from adapters.sql.ai_ledger import SqlAiLedger
from adapters.system.clock import Uuid7
from application.ai.ask import Ask, UselessAnswer
from application.ai.requests import Requests
from domain.ai.language import Question
from domain.ai.prices import Price, PriceTable
from speaking_server import Reply
from tenants import NEW, Tenants
from thinking_server import ThinkingServer, said, thinking_server

SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}
GOOD = said('{"title": "Alarms"}')
PRICES = PriceTable(version="t", models={"small": Price(input_tokens=1_000_000)})


def question(material: str = "Said.") -> Question:
    return Question(
        name="notes.read", instructions="Do.", material=material, schema=SCHEMA, answer_tokens=100
    )


@pytest.fixture
async def server() -> AsyncIterator[ThinkingServer]:
    async with thinking_server() as server:
        yield server


@pytest.fixture
async def model(server: ThinkingServer) -> AsyncIterator[OpenAiLanguageModel]:
    client = client_of(server.url, "sk-test")
    yield OpenAiLanguageModel(client, "small", 1_000, 500, patience=1.0)
    await client.close()


def ask(tenants: Tenants) -> Ask:
    async def no_time(seconds: float) -> None:
        """Waits are proven elsewhere."""

    return Ask(Requests(SqlAiLedger(tenants.worker), Uuid7(), PRICES, no_time))


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ('{"title": 7}', "answer.title should be string"),
        ("{}", "answer.title is missing"),
        ("Gladly!", "it is no JSON object"),
    ],
)
async def test_a_broken_answer_is_repaired_once(
    tenants: Tenants, server: ThinkingServer, model: OpenAiLanguageModel, broken: str, told: str
) -> None:
    actor, subject = tenants.actor(), NEW()
    server.will(said(broken), GOOD)

    answer = await ask(tenants)(actor, model, question(), subject=subject)

    assert answer == {"title": "Alarms"}
    orders, material = (each["content"] for each in server.asked[1]["messages"])
    assert told in orders
    assert broken in material
    assert server.asked[1]["temperature"] == 0
    lines = await SqlAiLedger(tenants.app).requests(actor, subject=subject)
    assert [line.use.input_tokens for line in lines] == [11, 11]
    assert sum(line.use.cost_micros or 0 for line in lines) == 22


async def test_twice_broken_is_useless(
    tenants: Tenants, server: ThinkingServer, model: OpenAiLanguageModel
) -> None:
    server.will(said("No."), said("Never."), GOOD)

    with pytest.raises(UselessAnswer):
        await ask(tenants)(tenants.actor(), model, question(), subject=NEW())

    assert len(server.asked) == 2


async def test_a_repair_fits_the_context(
    tenants: Tenants, server: ThinkingServer, model: OpenAiLanguageModel
) -> None:
    material = "every alarm needs an owner " * 80  # half of the context
    server.will(said("Talk. " * 600), GOOD, said('{"title": "Al', finish="length"), GOOD)

    for _ in range(2):
        await ask(tenants)(tenants.actor(), model, question(material), subject=NEW())

    for asked in (server.asked[1], server.asked[3]):
        assert asked["messages"][1]["content"] == material
    assert "cut short" in server.asked[3]["messages"][0]["content"]


async def test_requests_that_fail_are_made_again_and_written_down(
    tenants: Tenants, server: ThinkingServer, model: OpenAiLanguageModel
) -> None:
    actor, subject = tenants.actor(), NEW()
    server.will(Reply(429, {}, {"retry-after": "1"}), Reply(500, {}), GOOD)

    await ask(tenants)(actor, model, question(), subject=subject)

    lines = await SqlAiLedger(tenants.app).requests(actor, subject=subject)
    assert [line.use.outcome.value for line in lines] == ["failed", "failed", "ok"]
    assert len(server.asked) == 3
