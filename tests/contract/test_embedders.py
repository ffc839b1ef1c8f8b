"""What every `Embedder` does: texts that mean the same lie close, and each is of length 1."""

import math
from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.local_ai.embedder import ChildEmbedder
from adapters.local_ai.pools import text_kinds
from adapters.openai.embedder import OpenAiEmbedder
from adapters.openai.transcriber import client_of
from adapters.runtime.children import Children
from domain.ai.ports import Embedder, EngineFailed, EngineRefused
from domain.ai.use import Outcome
from entrypoints.children import TEXTS
from speaking_server import Reply
from thinking_server import Asked, ThinkingServer, thinking_server

TOLD = ("An alarm needs an owner.", "Write one name next to every alarm.", "How long pages load.")


def letters(asked: Asked) -> Reply:
    """Counts of letters as vectors, in another order than asked."""
    rows = [
        {"index": at, "embedding": [float(text.count(each)) + 0.01 for each in "aelmnorw"]}
        for at, text in enumerate(asked["input"])
    ]
    usage = {"prompt_tokens": sum(len(text.split()) for text in asked["input"]), "total_tokens": 0}
    return Reply(body={"object": "list", "data": rows[::-1], "model": "m", "usage": usage})


@pytest.fixture
async def server() -> AsyncIterator[ThinkingServer]:
    async with thinking_server() as server:
        server.think = letters
        yield server


@pytest.fixture
async def remote(server: ThinkingServer) -> AsyncIterator[OpenAiEmbedder]:
    client = client_of(server.url, "sk-test")
    yield OpenAiEmbedder(client, "m", 8, patience=1.0)
    await client.close()


@pytest.fixture
async def local(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ChildEmbedder]:
    async with Children(text_kinds(TEXTS), tmp_path_factory.mktemp("scratch")) as children:
        yield ChildEmbedder(children)


@pytest.fixture(params=["local", "remote"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    found: Embedder = request.getfixturevalue(request.param)
    return found


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    return (
        math.sumprod(one, other)
        if hasattr(math, "sumprod")
        else sum(map(float.__mul__, one, other))
    )


async def test_each_text_has_one_vector_of_length_one(embedder: Embedder) -> None:
    found = await embedder.embed([*TOLD, "", "…", TOLD[0]])

    assert len(found.vectors) == 6
    assert {len(each) for each in found.vectors} == {embedder.traits.dimensions}
    assert [math.hypot(*each) for each in found.vectors] == pytest.approx([1.0] * 6, abs=1e-5)
    assert found.vectors[0] == found.vectors[-1]
    assert (found.use.outcome, found.use.engine) == (Outcome.OK, embedder.traits.engine)
    assert (await embedder.embed([])).vectors == ()


async def test_what_means_the_same_lies_close(embedder: Embedder) -> None:
    one, same, other = (await embedder.embed(TOLD)).vectors

    assert likeness(one, same) > likeness(one, other)


async def test_tokens_are_the_servers_count(remote: OpenAiEmbedder, server: ThinkingServer) -> None:
    assert (await remote.embed(TOLD)).use.input_tokens == 5 + 7 + 4
    assert server.asked[0]["input"] == [*TOLD]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(429, {}, {"retry-after": "7"}), Outcome.FAILED),
        (Reply(body={}, stall=5), Outcome.UNKNOWN),
        (Reply(body=letters({"input": ["a"]}).body, cut=True), Outcome.UNKNOWN),
        (Reply(body=letters({"input": ["a", "b"]}).body), Outcome.FAILED),
        (Reply(body={"data": [{"index": 0, "embedding": [1.0]}]}), Outcome.FAILED),
        (Reply(body={"data": [{"index": 0, "embedding": [0.0] * 8}]}), Outcome.FAILED),
        (Reply(body={"data": [{"index": 0, "embedding": ["x"] * 8}]}), Outcome.FAILED),
        (Reply(body={"data": [{"index": 3, "embedding": [1.0] * 8}]}), Outcome.FAILED),
        (Reply(body=b'{"data": ['), Outcome.FAILED),
        (Reply(body=[1]), Outcome.FAILED),
    ],
    ids=["429", "stall", "cut", "many", "short", "zero", "words", "index", "broken", "list"],
)
async def test_what_is_not_one_vector_a_text_is_a_failure(
    remote: OpenAiEmbedder, server: ThinkingServer, reply: Reply, outcome: Outcome
) -> None:
    server.will(reply)

    with pytest.raises(EngineFailed) as failed:
        await remote.embed(["An alarm."])

    assert failed.value.use.outcome is outcome


async def test_a_wrong_key_is_a_refusal(remote: OpenAiEmbedder, server: ThinkingServer) -> None:
    server.will(Reply(401, {}))

    with pytest.raises(EngineRefused):
        await remote.embed(TOLD)
