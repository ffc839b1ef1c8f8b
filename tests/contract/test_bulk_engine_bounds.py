"""What bounds a bulk engine: how much it is told, and how long a shard may take."""

from collections.abc import AsyncIterator

import pytest

from adapters.rendering import bulk
from adapters.rendering.pools import document_kinds
from adapters.runtime.children import Children
from bench import LETTER, Bench, rows_of
from deadly_documents import SLOW_ONCE
from deadly_documents import TARGET as DEADLY
from domain.documents.run_options import (
    RunOptions,
)
from entrypoints.children import DOCUMENTS
from studio import sheet_of

PEOPLE = [{"name": f"Name {n}", "city": f"City {n}"} for n in range(2, 8)]


@pytest.fixture(scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    kinds = document_kinds(DOCUMENTS, quick=1, bulk=1)
    async with Children(kinds, folder / "scratch") as children:
        yield Bench(children, folder / "files")


@pytest.fixture(scope="module")
async def deadly(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder = tmp_path_factory.mktemp("deadly")
    kinds = document_kinds(DEADLY, quick=1, bulk=1)
    async with Children(kinds, folder / "scratch") as children:
        yield Bench(children, folder / "files")


async def test_a_retry_of_a_huge_run_knows_more_names_than_a_message_holds(bench: Bench) -> None:
    found = await bench.inspected(LETTER)
    taken = ("Name 4", *(f"{number:0200}" for number in range(350_000)))  # some 70 MB

    _, chunks = await bench.taken_in(
        sheet_of(PEOPLE), found, only=(4,), taken=taken, options=RunOptions(file_names="{name}")
    )

    assert [row["f"] for row in rows_of(chunks)] == ["Name 4 (2)"]


async def test_a_shard_that_ran_out_of_time_once_blames_no_row(
    deadly: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_wall_seconds", lambda order, engine: 5.0)
    source, found = await deadly.source()
    people = [row | ({"name": SLOW_ONCE} if at == 1 else {}) for at, row in enumerate(PEOPLE)]
    _, chunks = await deadly.taken_in(sheet_of(people), found)

    made = await deadly.rendered(chunks[0].shards[0], source, found)

    assert (made.rows_ok, made.rows_failed) == (len(PEOPLE), 0)
