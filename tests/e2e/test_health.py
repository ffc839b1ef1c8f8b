"""Health, metrics, and what happens while a service is away."""

import asyncio
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, ask, code, running_api, settings_for


async def test_a_whole_service_is_live_and_ready_whatever_the_host_is_called(api: Api) -> None:
    for path in ("live", "ready"):
        answer = await api.client.get(f"/health/{path}", headers={"Host": "10.0.0.7:8420"})

        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_without_redis_it_is_degraded_and_works(
    cluster: PostgresCluster, database: str, tmp_path: Path
) -> None:
    settings = settings_for(
        cluster.url(database, "atelier_app"), f"unix://{tmp_path}/nobody.sock", request_rate=10
    )
    async with running_api(settings) as api:
        ready = await api.client.get("/health/ready")
        ada = await api.register("ada")
        spent = [(await ask(api, ada, "GET", "/me")).status_code for _ in range(6)]

    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert spent == [200] * 5 + [429]  # half the rate, counted here


async def test_without_the_database_it_says_so_and_comes_back_by_itself(
    valkey: ValkeyServer, tmp_path: Path
) -> None:
    settings = settings_for(f"postgresql://atelier_app@/gone?host={tmp_path}", valkey.url)
    async with running_api(settings) as api:
        ready = await api.client.get("/health/ready")
        live = await api.client.get("/health/live")
        answer = await api.client.post(
            "/v1/auth/login", json={"email": "ada@example.org", "password": "whatever it is"}
        )

    assert (ready.status_code, code(ready)) == (503, "http.not-ready")
    assert live.status_code == 200
    assert (answer.status_code, code(answer)) == (503, "http.database-unavailable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_metrics_name_routes_and_never_ids(api: Api) -> None:
    ada = await api.register("ada")
    await ask(api, ada, "GET", f"/members/{ada.user_id}")
    await api.client.get(f"/v1/nowhere/{ada.user_id}")

    text = (await api.client.get("/metrics")).text

    families = {family.name: family for family in text_string_to_metric_families(text)}
    routes = {sample.labels["route"] for sample in families["http_requests"].samples}
    assert {"/v1/members/{user_id}", "unmatched"} <= routes
    assert ada.user_id not in text
    assert ada.workspace_id not in text


async def test_metrics_are_for_loopback_or_for_who_has_the_token(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> None:
    url = cluster.url(database, "atelier_app")
    token = settings_for(url, valkey.url, metrics_token="scrape me")
    async with running_api(token) as api:
        without = await api.client.get("/metrics")
        with_it = await api.client.get("/metrics", headers={"Authorization": "Bearer scrape me"})
    async with running_api(settings_for(url, valkey.url), address="192.0.2.9") as api:
        from_afar = await api.client.get("/metrics")

    assert (without.status_code, with_it.status_code, from_afar.status_code) == (404, 200, 404)


async def test_a_rate_is_told_in_every_answer_and_held_to(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> None:
    settings = settings_for(cluster.url(database, "atelier_app"), valkey.url, request_rate=20)
    async with running_api(settings, address="198.51.100.1") as api:
        ada = await api.register("ada")
        answers = await asyncio.gather(*(ask(api, ada, "GET", "/me") for _ in range(25)))

    good = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(good) in {20, 21}  # a unit comes back every three seconds
    assert {code(answer) for answer in refused} == {"http.too-many-requests"}
    assert all(1 <= int(answer.headers["retry-after"]) <= 4 for answer in refused)
    assert good[0].headers["ratelimit-policy"] == '"requests";q=20;w=60'
    left = sorted(int(answer.headers["ratelimit"].split(";")[1][2:]) for answer in good)
    assert left[:3] in ([0, 1, 2], [0, 0, 1])
