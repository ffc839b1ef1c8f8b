"""What every route does the same way: retries, cursors, hosts, headers, limits."""

import asyncio
import uuid

import psycopg
import pytest

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, ask, code, invited, running_api, settings_for
from tenants import NEW

KEY = {"name": "robot", "role": "viewer"}


async def test_a_repeated_post_gets_the_first_answer(api: Api) -> None:
    ada = await api.register("ada")
    once = {"Idempotency-Key": "order-1"}

    first = await ask(api, ada, "POST", "/api-keys", json=KEY, headers=once)
    again = await ask(api, ada, "POST", "/api-keys", json=KEY, headers=once)
    other = await ask(api, ada, "POST", "/api-keys", json=KEY, headers={"Idempotency-Key": "2"})

    assert (first.status_code, first.json() | {"key": ""}) == (again.status_code, again.json())
    assert first.json()["key"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert other.json()["id"] != first.json()["id"]
    assert len((await ask(api, ada, "GET", "/api-keys")).json()["items"]) == 2


async def test_secrets_of_kept_answers_are_stored_nowhere(
    api: Api, cluster: PostgresCluster, database: str
) -> None:
    ada, once = await api.register("ada"), {"Idempotency-Key": "order-1"}
    guest = {"email": "guest@example.org", "role": "viewer"}

    key = (await ask(api, ada, "POST", "/api-keys", json=KEY, headers=once)).json()["key"]
    token = (await ask(api, ada, "POST", "/invitations", json=guest, headers=once)).json()["token"]

    with psycopg.connect(cluster.url(database, "postgres")) as superuser:
        kept = superuser.execute("SELECT body FROM idempotency_keys").fetchall()
    assert kept
    assert not [body for (body,) in kept if key.encode() in body or token.encode() in body]


async def test_a_key_stands_for_one_request_of_one_user(api: Api) -> None:
    ada, bob = await api.register("ada"), await api.register("bob")
    once = {"Idempotency-Key": "order-1"}
    await ask(api, ada, "POST", "/api-keys", json=KEY, headers=once)

    changed = await ask(api, ada, "POST", "/api-keys", json=KEY | {"name": "x"}, headers=once)
    others = await ask(api, bob, "POST", "/api-keys", json=KEY, headers=once)
    elsewhere = await ask(
        api, ada, "POST", "/invitations", json={"email": "x@example.org", "role": "viewer"},
        headers=once,
    )  # fmt: skip
    too_long = await ask(
        api, ada, "POST", "/api-keys", json=KEY, headers={"Idempotency-Key": "x" * 256}
    )

    assert (changed.status_code, code(changed)) == (422, "http.idempotency-key-reused")
    assert (others.status_code, elsewhere.status_code) == (201, 201)
    assert (too_long.status_code, code(too_long)) == (400, "http.bad-idempotency-key")


async def test_a_refused_request_leaves_its_key_free(api: Api) -> None:
    owner = await api.register("owner")
    editor = await invited(api, owner, "editor")
    once = {"Idempotency-Key": "order-1"}

    refused = await ask(
        api, editor, "POST", "/api-keys", json=KEY | {"role": "owner"}, headers=once
    )
    accepted = await ask(api, editor, "POST", "/api-keys", json=KEY, headers=once)

    assert (refused.status_code, accepted.status_code) == (403, 201)


async def test_of_many_at_once_one_works_and_the_others_wait_or_get_its_answer(api: Api) -> None:
    ada = await api.register("ada")
    once = {"Idempotency-Key": "storm"}

    answers = await asyncio.gather(
        *(ask(api, ada, "POST", "/api-keys", json=KEY, headers=once) for _ in range(30))
    )

    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    early = [answer for answer in answers if answer.status_code != 201]
    assert len(made) == 1
    assert {(answer.status_code, code(answer)) for answer in early} <= {(409, "http.still-running")}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in early)
    assert len((await ask(api, ada, "GET", "/api-keys")).json()["items"]) == 1


async def test_pages_join_up_without_gap_or_repetition(api: Api) -> None:
    ada = await api.register("ada")
    names = [f"key {number}" for number in range(7)]
    for name in names:
        await ask(api, ada, "POST", "/api-keys", json=KEY | {"name": name})

    seen, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await ask(api, ada, "GET", "/api-keys", params=query)).json()
        seen += [item["name"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert seen == names[::-1]


async def test_a_cursor_works_for_its_list_its_workspace_and_its_filters_only(api: Api) -> None:
    ada, bob = await api.register("ada"), await api.register("bob")
    for _ in range(2):
        await ask(api, ada, "POST", "/api-keys", json=KEY)
    page = await ask(api, ada, "GET", "/api-keys", params={"limit": 1})
    cursor = page.json()["next_cursor"]
    edited = ("A" if cursor[0] != "A" else "B") + cursor[1:]

    right = await ask(api, ada, "GET", "/api-keys", params={"cursor": cursor})
    wrong = [
        await ask(api, ada, "GET", "/api-keys", params={"cursor": edited}),
        await ask(api, ada, "GET", "/api-keys", params={"cursor": "é"}),
        await ask(api, bob, "GET", "/api-keys", params={"cursor": cursor}),
        await ask(api, ada, "GET", "/members", params={"cursor": cursor}),
        await ask(api, ada, "GET", "/api-keys", params={"cursor": cursor, "x": "1"}),
    ]

    assert right.status_code == 200
    assert {(answer.status_code, code(answer)) for answer in wrong} == {(400, "http.bad-cursor")}


@pytest.mark.parametrize("limit", [0, 201, "many"])
async def test_a_page_has_one_to_two_hundred_rows(api: Api, limit: object) -> None:
    ada = await api.register("ada")

    answer = await ask(api, ada, "GET", "/members", params={"limit": str(limit)})

    assert (answer.status_code, code(answer)) == (400, "http.malformed")
    assert answer.json()["errors"][0]["at"] == "limit"


async def test_a_request_id_goes_in_and_out_and_a_strange_one_is_replaced(api: Api) -> None:
    given = await api.client.get("/v1/me", headers={"X-Request-Id": "abc-DEF-1234"})
    forged = await api.client.get("/v1/me", headers={"X-Request-Id": "x\tlevel=info"})

    assert given.headers["x-request-id"] == "abc-DEF-1234"
    assert uuid.UUID(forged.headers["x-request-id"])


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "", "[::1"])
async def test_an_unknown_or_missing_host_is_refused(api: Api, host: str) -> None:
    headers = {"Host": host, "X-Forwarded-Host": "testserver"}

    answer = await api.client.get("/v1/me", headers=headers)

    assert (answer.status_code, code(answer)) == (400, "http.unknown-host")


async def test_every_answer_carries_the_security_headers(api: Api) -> None:
    for path in ("/v1/me", "/nowhere", "/health/live"):
        headers = (await api.client.get(path)).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("method", "path", "status", "problem"),
    [
        ("GET", "/nowhere", 404, "http.not-found"),
        ("DELETE", "/v1/auth/login", 405, "http.method-not-allowed"),
        ("GET", "/v1/members/no-uuid", 404, "http.not-found"),
    ],
)
async def test_what_the_router_refuses_is_a_problem_too(
    api: Api, method: str, path: str, status: int, problem: str
) -> None:
    answer = await api.client.request(method, path)

    assert (answer.status_code, code(answer)) == (status, problem)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"{", 400, "http.malformed"),
        (b'{"email": "a@b.c", "password": "x", "more": 1}', 400, "http.malformed"),
        (b"\xff\xfe", 400, "http.malformed"),
        (b"[" * 100_000, 400, "http.malformed"),
        (b'"' + b"x" * 2_000_000 + b'"', 413, "http.body-too-large"),
    ],
)
async def test_unreadable_bodies_are_refused(
    api: Api, body: bytes, status: int, problem: str
) -> None:
    answer = await api.client.post(
        "/v1/auth/login", content=body, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, code(answer)) == (status, problem)


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("GET", "/jobs?kind=%00", None, "http.malformed"),
        ("GET", "/templates?search=%00", None, "http.malformed"),
        ("POST", "/retention/holds", {"reason": "a\0b"}, "http.malformed"),
        ("GET", f"/templates/{NEW()}/versions/3000000000", None, "http.malformed"),
        ("GET", f"/bulk-runs/{NEW()}/rows/3000000000", None, "http.malformed"),
        ("GET", "/jobs?status=queued&status=failed", None, "http.repeated-parameter"),
        ("GET", "/jobs?subject=null", None, "http.null-parameter"),
    ],
)
async def test_values_that_cannot_be_stored_or_guessed_are_the_callers_fault(
    api: Api, method: str, path: str, body: object, problem: str
) -> None:
    answer = await ask(api, await api.register(), method, path, json=body)

    assert (answer.status_code, code(answer)) == (400, problem)


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/v1/artifacts", {"GET", "POST", "OPTIONS"}), ("/v1/auth/login", {"POST", "OPTIONS"})],
)
async def test_allow_names_every_method_of_an_address(
    api: Api, path: str, methods: set[str]
) -> None:
    asked = await api.client.options(path, headers=(await api.register()).headers)
    refused = await api.client.request("TRACE", path)

    assert (asked.status_code, refused.status_code) == (204, 405)
    for answer in (asked, refused):
        assert set(answer.headers["allow"].split(", ")) == methods


async def test_only_listed_origins_may_read_answers(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str
) -> None:
    settings = settings_for(
        cluster.url(database, "atelier_app"), valkey.url, allowed_origins=("https://app.example",)
    )
    async with running_api(settings) as api:
        for origin, allowed in (("https://app.example", True), ("https://evil.example", False)):
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}

            preflight = await api.client.options("/v1/auth/login", headers=asked)
            answer = await api.client.get("/v1/me", headers={"Origin": origin})

            for seen in (preflight, answer):
                assert (seen.headers.get("access-control-allow-origin") == origin) is allowed
                assert "access-control-allow-credentials" not in seen.headers
