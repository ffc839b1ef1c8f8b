"""Accounts and sessions over HTTP."""

import asyncio

import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import PASSWORD, Api, ask, code, invited, person, running_api, settings_for
from entrypoints.settings import Registration
from entrypoints.telemetry import start_logging


async def test_a_new_user_owns_a_workspace_and_is_signed_in(api: Api) -> None:
    ada = await api.register("ada", name="Ada", workspace_name="Analytical Engines")

    me = await api.client.get("/v1/me", headers=ada.headers)
    here = await api.client.get("/v1/workspace", headers=ada.headers)

    assert me.status_code == 200, me.text
    assert (me.json()["email"], me.json()["name"]) == (ada.email, "Ada")
    assert me.json()["workspace_id"] == ada.workspace_id
    assert here.json() == me.json()["workspaces"][0]
    assert (here.json()["name"], here.json()["role"]) == ("Analytical Engines", "owner")


async def test_who_registered_can_sign_in_again(api: Api) -> None:
    ada = await api.register("ada")

    answer = await api.client.post(
        "/v1/auth/login", json={"email": ada.email.upper(), "password": PASSWORD}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["workspace_id"] == ada.workspace_id


async def test_nobody_is_let_in_without_a_token(api: Api) -> None:
    answer = await api.client.get("/v1/workspace", headers={"X-Request-Id": "request-0001"})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:atelier:problem:identity.invalid-token"
    assert answer.json()["instance"] == "urn:atelier:request:request-0001"


async def test_ill_formed_input_is_told_where(api: Api) -> None:
    answer = await api.client.post("/v1/auth/login", json={"email": 5, "password": "x"})

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:atelier:problem:http.malformed"
    assert answer.json()["errors"] == [
        {"at": "email", "message": "Expected `str`, got `int`", "source": "body"}
    ]


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(api: Api) -> None:
    ada = await api.register("ada")
    wrong = {"email": ada.email, "password": "not hers at all"}
    unknown = {"email": "nobody@example.org", "password": "not hers at all"}
    nonsense = {"email": "no address", "password": "not hers at all"}

    answers = [
        await api.client.post("/v1/auth/login", json=body, headers={"X-Request-Id": "same-0001"})
        for body in (wrong, unknown, nonsense)
    ]

    assert answers[0].status_code == 401
    assert code(answers[0]) == "identity.wrong-credentials"
    assert answers[0].content == answers[1].content == answers[2].content


async def test_a_refresh_token_used_twice_by_someone_else_ends_the_session(api: Api) -> None:
    ada = await api.register("ada")
    token = {"refresh_token": ada.refresh_token}
    fresh = (await api.client.post("/v1/auth/refresh", json=token)).json()
    patient = await api.client.post("/v1/auth/refresh", json=token)
    before = await ask(api, ada, "GET", "/me")

    stolen = await api.client.post("/v1/auth/refresh", json=token, headers={"User-Agent": "thief"})
    after = await ask(api, ada, "GET", "/me")
    dead = await api.client.post("/v1/auth/refresh", json={"refresh_token": fresh["refresh_token"]})
    back = await api.client.post("/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
    trail = await api.client.get(
        "/v1/audit/entries",
        params={"action": "identity.refresh-token-reused"},
        headers={"Authorization": f"Bearer {back.json()['access_token']}"},
    )

    assert patient.json()["refresh_token"] == fresh["refresh_token"]
    assert before.status_code == 200
    for answer in (stolen, after, dead):
        assert (answer.status_code, code(answer)) == (401, "identity.session-ended")
    assert len(trail.json()["items"]) == 1


async def test_signing_out_ends_the_access_token_too(api: Api) -> None:
    ada = await api.register("ada")
    token = {"refresh_token": ada.refresh_token}

    out = await api.client.post("/v1/auth/logout", json=token)
    again = await api.client.post("/v1/auth/logout", json=token)

    assert (out.status_code, again.status_code) == (204, 204)
    assert (await ask(api, ada, "GET", "/me")).status_code == 401
    assert (await api.client.post("/v1/auth/refresh", json=token)).status_code == 401


async def test_too_many_attempts_are_refused_per_account(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> None:
    settings = settings_for(cluster.url(database, "atelier_app"), valkey.url, sign_in_rate=3)
    async with running_api(settings, address="203.0.113.77") as strict:
        ada = await strict.register("ada")
        wrong = {"email": ada.email, "password": "not hers at all"}
        answers = [await strict.client.post("/v1/auth/login", json=wrong) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert code(answers[-1]) == "identity.too-many-attempts"
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_made_up_forwarding_header_buys_no_attempts(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> None:
    settings = settings_for(cluster.url(database, "atelier_app"), valkey.url, sign_in_rate=2)
    async with running_api(settings, address="203.0.114.77") as strict:
        answers = [
            await strict.client.post(
                "/v1/auth/login",
                json={"email": f"user{number}@example.org", "password": "whatever"},
                headers={"X-Forwarded-For": f"198.51.{number}.1"},
            )
            for number in range(13)
        ]

    assert [answer.status_code for answer in answers] == [401] * 12 + [429]


async def test_unknown_keys_are_guessed_slowly_and_good_keys_of_that_network_go_on(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> None:
    settings = settings_for(cluster.url(database, "atelier_app"), valkey.url)
    async with running_api(settings, address="203.0.113.9") as house:
        ada = await house.register("ada")
        made = await house.client.post(
            "/v1/api-keys", json={"name": "robot", "role": "viewer"}, headers=ada.headers
        )

        async def me(key: str) -> int:
            headers = {"Authorization": f"Bearer {key}"}
            return (await house.client.get("/v1/jobs", headers=headers)).status_code

        before = await me(made.json()["key"])
        guesses = [await me(f"atl_key_{number:043}") for number in range(75)]
        after = await me(made.json()["key"])
        nonsense = await me("atl_key_nonsense")

    assert (before, after, nonsense) == (200, 200, 401)
    assert set(guesses[:60]) == {401}
    assert 429 in guesses[60:]


async def test_the_first_user_is_in_and_then_the_house_is_closed(
    cluster: PostgresCluster, valkey: ValkeyServer, template_database: str
) -> None:
    cluster.create_database("closed_house", template_database)
    settings = settings_for(
        cluster.url("closed_house", "atelier_app"),
        valkey.url,
        registration=Registration.INVITED,
    )
    async with running_api(settings) as house:
        bodies = [{"email": f"user{n}@example.org", "password": PASSWORD} for n in range(8)]
        answers = await asyncio.gather(
            *(house.client.post("/v1/auth/register", json=body) for body in bodies)
        )
        first = next(answer for answer in answers if answer.status_code == 201)
        email = first.request.read().decode().split('"')[3]
        owner = person(email, first.json())
        guest = await invited(house, owner, "editor")

    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 7
    assert guest.workspace_id == owner.workspace_id


async def test_secrets_do_not_reach_the_log(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    secret, key = "hunter2 in the harbour", "atl_key_0123456789abcdefghij"
    start_logging(settings_for("postgresql://x", "redis://x", log_level="info"))
    ada = await api.register("ada", password=secret)
    await api.client.get("/v1/me", headers={"Authorization": f"Bearer {key}"})
    await api.client.get("/v1/me?token=canary-in-a-query", headers=ada.headers)
    await api.client.post("/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    log = capfd.readouterr().err
    start_logging(settings_for("postgresql://x", "redis://x"))

    assert '"route": "/v1/auth/register"' in log
    assert '"client_ip": "127.0.0.0/24"' in log
    for canary in (secret, key, ada.email, ada.access_token, ada.refresh_token, "canary-in"):
        assert canary not in log
