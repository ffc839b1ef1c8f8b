"""Numbers of the queues and the trace of a request, from HTTP through the jobs it asks for."""

import re

import psycopg
import pytest

from adapters.embedded.postgres import PostgresCluster
from api import Person
from studio import Studio, sheet_of, word_file

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
QUEUES = ("cpu", "io", "media", "publish")


async def number(studio: Studio, metric: str) -> float:
    text = (await studio.api.client.get("/metrics")).text
    found = re.search(rf"^{re.escape(metric)} (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


async def ready(studio: Studio) -> float:
    metrics = [f'queue_depth{{queue="{queue}",state="ready"}}' for queue in QUEUES]
    return sum([await number(studio, metric) for metric in metrics])


async def started(studio: Studio, **headers: str) -> Person:
    person = await studio.api.register()
    template = await studio.template(person, word_file("Dear {{ name }}."))
    sheet = await studio.sheet(person, sheet_of([{"name": "Ada"}]))
    body = {"template_id": template["template"]["id"], "sheet_id": sheet}
    await studio.call(person, "POST", "/bulk-runs", 202, json=body, headers=headers)
    return person


async def test_queues_are_counted_for_everybody_together(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.http.job_gauges.FRESH_S", 0.0)
    before = await ready(studio)
    for _ in range(2):
        await started(studio)
    waiting = await ready(studio)
    await studio.drain()

    assert waiting == before + 2
    assert await ready(studio) == 0
    assert await number(studio, "intents_unresolved") == 0
    assert await number(studio, "outbox_oldest_age_seconds") > 0


@pytest.mark.parametrize(("given", "kept"), [(TRACE, TRACE), ("00-zz", None), ("", None)])
async def test_the_trace_of_a_request_is_in_all_jobs_of_its_run(
    studio: Studio, cluster: PostgresCluster, database: str, given: str, kept: str | None
) -> None:
    person = await started(studio, **({"traceparent": given} if given else {}))
    await studio.drain()

    with psycopg.connect(cluster.url(database, "postgres")) as admin:
        traces = admin.execute(
            "SELECT kind, traceparent FROM jobs WHERE workspace_id = %s", (person.workspace_id,)
        ).fetchall()
    assert len(traces) == 3
    assert {trace for _, trace in traces} == {kept}
