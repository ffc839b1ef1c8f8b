"""The description of the API, and the page that shows it."""

import re
from typing import Any

from api import Api


async def described(api: Api) -> dict[str, Any]:
    answer = await api.client.get("/docs/openapi.json")
    assert answer.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    document: dict[str, Any] = answer.json()
    return document


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


async def test_every_operation_states_its_refusals_with_the_real_schema(api: Api) -> None:
    document = await described(api)

    assert document["openapi"].startswith("3.1")
    for name, operation in operations(document):
        refusals = {code for code in operation["responses"] if code >= "400"}
        assert {"400", "503"} <= refusals, name
        if operation["security"]:
            assert {"401", "403", "429"} <= refusals, name
        for code in refusals:
            reference = operation["responses"][code]["$ref"].rpartition("/")[2]
            content = document["components"]["responses"][reference]["content"]
            schema = content["application/problem+json"]["schema"]["$ref"]
            assert schema == "#/components/schemas/Problem", (name, code)


async def test_operation_ids_are_unique_and_everything_is_said_in_words(api: Api) -> None:
    found = operations(await described(api))

    ids = [operation["operationId"] for _, operation in found]
    assert len(set(ids)) == len(ids)
    for name, operation in found:
        assert re.fullmatch(r"[a-z][A-Za-z]+", operation["operationId"]), name
        assert len(operation["summary"]) > 8, name
        assert operation["tags"], name


async def test_posts_that_can_be_repeated_safely_say_so(api: Api) -> None:
    repeatable = {
        operation["operationId"]
        for _, operation in operations(await described(api))
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
    }

    assert {"invite", "makeApiKey"} <= repeatable


async def test_the_viewer_is_served_from_here_alone(api: Api) -> None:
    page = await api.client.get("/docs")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy

    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    for address in loaded:
        answer = await api.client.get(address)
        assert (address[:6], answer.status_code) == ("/docs/", 200)
        assert "://" not in re.sub(r'"description":"[^"]*"', "", answer.text)
    assert len(loaded) >= 3
