"""Every route, every caller, one's own thing, a foreign one and one that never was (S1)."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from httpx import Response
from psycopg import Connection

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from api import Api, running_api, settings_for
from entrypoints.http.app import RESOURCES
from entrypoints.http.openapi import described
from routes import ACCOUNT, PUBLIC, ROUTES, Route
from world import CALLERS, NOBODIES, ROLES, Parameters, World, random_of

OWN, FOREIGN, RANDOM = "own", "foreign", "random"
ELSEWHERE = "owner of another workspace"


@pytest.fixture(scope="module")
async def api(
    cluster: PostgresCluster, valkey: ValkeyServer, database: str, tmp_path_factory: Any
) -> AsyncIterator[Api]:
    settings = settings_for(
        cluster.url(database, "atelier_app"),
        valkey.url,
        data_dir=tmp_path_factory.mktemp("matrix"),
    )
    async with running_api(settings, resources=RESOURCES) as api:
        yield api


@pytest.fixture(scope="module")
def superuser(cluster: PostgresCluster, database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(cluster.url(database), autocommit=True) as connection:
        yield connection


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    route: Route = field(compare=False)


def operations(api: Api) -> dict[str, Operation]:
    document = described(api.app, api.app.openapi_schema.to_schema())
    return {
        one["operationId"]: Operation(
            one["operationId"], method, path, ROUTES.get(one["operationId"], Route(PUBLIC, 0))
        )
        for path, item in document["paths"].items()
        for method, one in item.items()
    }


def expected(route: Route, caller: str, whose: str) -> int:
    """The whole law, in one place."""
    if route.access == PUBLIC:
        return route.status
    if caller in NOBODIES:
        return 401
    if route.access == ACCOUNT:
        return 403 if caller == "viewer's key" else route.answers.get(caller, route.status)
    return _of_a_member(route, caller, whose)


def _of_a_member(route: Route, caller: str, whose: str) -> int:
    role = {ELSEWHERE: "owner", "viewer's key": "viewer"}.get(caller, caller)
    if caller == "removed member" or ROLES.index(role) < ROLES.index(route.access):
        return 403
    theirs = FOREIGN if caller == ELSEWHERE else OWN
    if route.thing is None or route.foreign_is_own or whose == theirs:
        return route.answers.get(caller, route.status)
    return 404


async def call(api: Api, operation: Operation, world: World, caller: str, thing: Parameters) -> Any:
    route = operation.route
    path = operation.path
    for name, value in thing.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"{operation.id} needs a thing that fills {path}"
    body = route.body(world) if callable(route.body) else route.body
    return await api.client.request(
        operation.method,
        path,
        headers={**world.headers[caller], **route.headers},
        params=dict(route.query),
        json=body,
        files=None if route.files is None else dict(route.files),
    )


def comparable(answer: Response, thing: Parameters) -> tuple[int, str]:
    """Status and body, but for the request's id and the ids the caller sent."""
    text = answer.text
    if text and answer.headers.get("content-type") == "application/problem+json":
        text = json.dumps({k: v for k, v in answer.json().items() if k != "instance"})
    for value in thing.values():
        text = text.replace(value, "…")
    return answer.status_code, text


async def test_every_route_is_listed(api: Api) -> None:
    assert operations(api).keys() == ROUTES.keys()


@pytest.mark.parametrize("operation_id", sorted(ROUTES))
async def test_everyone_gets_what_is_theirs_and_nothing_else(
    api: Api, superuser: Connection[Any], operation_id: str
) -> None:
    operation = operations(api)[operation_id]
    deviations = []
    shared = World(superuser) if operation.method in {"get", "head"} else None
    for caller in CALLERS:
        answers = {}
        for whose in (OWN, FOREIGN, RANDOM) if operation.route.thing else (OWN,):
            world = shared or World(superuser)
            thing = _thing(operation.route, world, whose)
            answer = await call(api, operation, world, caller, thing)
            answers[whose] = comparable(answer, thing)
            wanted = expected(operation.route, caller, whose)
            if answer.status_code != wanted:
                deviations.append((caller, whose, wanted, answer.status_code, answer.text[:300]))
        others = OWN if caller == ELSEWHERE else FOREIGN
        if operation.route.thing is not None:
            assert answers[others] == answers[RANDOM], caller

    assert deviations == []


def _thing(route: Route, world: World, whose: str) -> Parameters:
    if route.thing is None:
        return {}
    made = route.thing(world, world.there if whose == FOREIGN else world.here)
    return random_of(made) if whose == RANDOM else made
