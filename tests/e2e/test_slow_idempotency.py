"""Retries of work that commits on its way, takes files, or dies."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import psycopg
import pytest
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, Person, ask, code, running_api, settings_for
from domain.identity.access import Actor
from domain.kernel.ports import UnitOfWork
from entrypoints.http.app import RESOURCES
from entrypoints.http.idempotency import IDEMPOTENT_SLOW

DONE: list[str] = []
STARTED, GO_ON = asyncio.Event(), asyncio.Event()


class Workbench(Controller):
    path = "/test-work"

    @post(status_code=201, middleware=[IDEMPOTENT_SLOW], request_max_body_size=None)
    @inject
    async def work(
        self,
        data: Annotated[dict[str, UploadFile], Body(media_type=RequestEncodingType.MULTI_PART)],
        actor: FromDishka[Actor],
        uow: FromDishka[UnitOfWork],
    ) -> dict[str, Any]:
        await uow.commit()
        content = (await data["file"].read()).decode()
        if content == "wait":
            STARTED.set()
            await GO_ON.wait()
        if content == "break":
            raise ValueError("broken on purpose")
        DONE.append(content[:20])
        if content.startswith("large"):
            return {"done": len(DONE), "document": content}
        return {"done": len(DONE)}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    DONE.clear()
    STARTED.clear()
    GO_ON.clear()
    yield
    GO_ON.set()


@pytest.fixture(scope="module")
async def bench(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> AsyncIterator[Api]:
    settings = settings_for(cluster.url(database, "atelier_app"), valkey.url)
    async with running_api(settings, resources=(*RESOURCES, Workbench)) as api:
        yield api


async def send(bench: Api, who: Person, content: str, key: str = "k") -> Any:
    files = {"file": ("a.txt", content.encode())}
    return await ask(
        bench, who, "POST", "/test-work", files=files, headers={"Idempotency-Key": key}
    )


async def test_an_answer_as_large_as_a_document_is_made_again_and_not_kept(
    bench: Api, cluster: PostgresCluster, database: str
) -> None:
    ada = await bench.register("ada")

    first = await send(bench, ada, "large " * 20_000, key="large")
    again = await send(bench, ada, "large " * 20_000, key="large")

    assert (first.json()["done"], again.json()["done"]) == (1, 2)
    with psycopg.connect(cluster.url(database, "postgres")) as superuser:
        kept = superuser.execute("SELECT 1 FROM idempotency_keys WHERE key = 'large'").fetchall()
    assert kept == []


async def test_a_repeated_upload_is_the_same_whatever_its_boundary(bench: Api) -> None:
    ada = await bench.register("ada")
    content = "letter " * 50_000

    first = await send(bench, ada, content)
    again = await send(bench, ada, content)
    other = await send(bench, ada, content + "!")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, code(other)) == (422, "http.idempotency-key-reused")
    assert len(DONE) == 1


async def test_while_the_first_runs_the_second_is_told_to_wait(bench: Api) -> None:
    ada = await bench.register("ada")
    first = asyncio.create_task(send(bench, ada, "wait"))
    await STARTED.wait()
    second = await send(bench, ada, "wait")
    GO_ON.set()

    assert (second.status_code, code(second)) == (409, "http.still-running")
    assert (await first).status_code == 201
    assert (await send(bench, ada, "wait")).json() == {"done": 1}


async def test_a_failed_or_cancelled_first_leaves_the_key_free(bench: Api) -> None:
    ada = await bench.register("ada")

    broken = await send(bench, ada, "break")
    cancelled = asyncio.create_task(send(bench, ada, "wait"))
    await STARTED.wait()
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    done = await send(bench, ada, "fine")

    assert (broken.status_code, done.status_code) == (500, 201)
    assert DONE == ["fine"]


async def test_after_a_death_the_key_comes_free_when_its_lease_is_over(
    bench: Api, cluster: PostgresCluster, database: str
) -> None:
    ada = await bench.register("ada")
    await send(bench, ada, "fine")
    with psycopg.connect(cluster.url(database)) as superuser:
        superuser.execute(
            "UPDATE idempotency_keys SET status = NULL, body = NULL, request_hash = NULL,"
            " locked_until = now() + interval '1 minute'"
        )
    early = await send(bench, ada, "fine")
    with psycopg.connect(cluster.url(database)) as superuser:
        superuser.execute("UPDATE idempotency_keys SET locked_until = now()")
    late = await send(bench, ada, "fine")

    assert (early.status_code, late.status_code) == (409, 201)
    assert len(DONE) == 2
