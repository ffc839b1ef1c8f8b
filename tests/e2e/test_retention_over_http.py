"""Retention over HTTP and through the real job engine."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api import Api, ask, code, invited

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


async def a_file(api: Api, who: Any) -> str:
    files = {"file": ("a.png", PNG, "image/png")}
    answer = await ask(api, who, "POST", "/artifacts", files=files)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_an_admin_keeps_things_longer_or_shorter(api: Api) -> None:
    ada = await api.register()
    path = "/retention/policy"
    before = await ask(api, ada, "GET", path)
    version = {"If-Match": before.headers["etag"]}
    artifact = await a_file(api, ada)

    changed = await ask(
        api, ada, "PUT", path, json={"days": {"raw_input": 5, "log": 20}}, headers=version
    )
    stale = await ask(api, ada, "PUT", path, json={"days": {"log": 9}}, headers=version)
    version = {"If-Match": changed.headers["etag"]}
    back = await ask(api, ada, "PUT", path, json={"days": {"log": None}}, headers=version)

    assert before.json()["days"] == {"raw_input": 30, "artifact": 90, "log": 15, "bulk_zip": 7}
    assert changed.json()["days"] == before.json()["days"] | {"raw_input": 5, "log": 20}
    assert (stale.status_code, code(stale)) == (412, "retention.policy-changed")
    assert back.json()["days"] == before.json()["days"] | {"raw_input": 5}
    shown = (await ask(api, ada, "GET", f"/artifacts/{artifact}")).json()
    made, over = [datetime.fromisoformat(shown[name]) for name in ("created_at", "expires_at")]
    assert over - made == timedelta(days=5)
    trail = await ask(
        api, ada, "GET", "/audit/entries", params={"action": "retention.policy-changed"}
    )
    assert [entry["facts"] for entry in trail.json()["items"]] == [
        {"before": {"log": 20}, "after": {"log": 15}},
        {"before": {"log": 15, "raw_input": 30}, "after": {"log": 20, "raw_input": 5}},
    ]


@pytest.mark.parametrize(
    "days", [{"log": 0}, {"log": 3651}, {"log": "x"}, {"unknown": 5}, {"log": 1.5}, []]
)
async def test_numbers_out_of_bounds_are_refused(api: Api, days: object) -> None:
    ada = await api.register()

    refused = await ask(
        api, ada, "PUT", "/retention/policy", json={"days": days}, headers={"If-Match": '"v1"'}
    )

    assert (refused.status_code, code(refused)) == (400, "http.malformed")


async def test_retention_is_the_admins(api: Api) -> None:
    ada = await api.register()
    editor = await invited(api, ada, "editor")

    for method, path, more in (
        ("GET", "/retention/policy", {}),
        ("PUT", "/retention/policy", {"json": {"days": {}}, "headers": {"If-Match": '"v1"'}}),
        ("GET", "/retention/report", {}),
        ("GET", "/retention/holds", {}),
        ("POST", "/retention/holds", {"json": {"reason": "x"}}),
    ):
        answer = await ask(api, editor, method, path, **more)
        assert (answer.status_code, code(answer)) == (403, "identity.permission-denied"), path


async def test_a_hold_keeps_a_file_from_everyone_until_it_is_released(api: Api) -> None:
    ada, eve = await api.register(), await api.register()
    artifact = await a_file(api, ada)
    body = {"reason": "a lawsuit", "artifact_id": artifact}

    placed = await ask(api, ada, "POST", "/retention/holds", json=body)
    again = await ask(api, ada, "POST", "/retention/holds", json=body)
    foreign = await ask(api, eve, "POST", "/retention/holds", json=body)
    kept = await ask(api, ada, "DELETE", f"/artifacts/{artifact}")

    assert (placed.status_code, placed.json()["artifact_id"]) == (201, artifact)
    assert (again.status_code, code(again)) == (409, "retention.already-held")
    assert (foreign.status_code, code(foreign)) == (404, "artifacts.artifact-not-found")
    assert (kept.status_code, code(kept)) == (409, "retention.under-legal-hold")
    assert (await ask(api, ada, "GET", "/retention/holds")).json()["items"] == [placed.json()]

    path = f"/retention/holds/{placed.json()['id']}/release"
    stranger = await ask(api, eve, "POST", path)
    released = await ask(api, ada, "POST", path)
    twice = await ask(api, ada, "POST", path)

    assert (stranger.status_code, code(stranger)) == (404, "retention.hold-not-found")
    assert released.json()["released_by"] == ada.user_id
    assert (twice.status_code, code(twice)) == (409, "retention.hold-released")
    assert (await ask(api, ada, "GET", "/retention/holds")).json()["items"] == []
    every = await ask(api, ada, "GET", "/retention/holds", params={"active": "false"})
    assert every.json()["items"] == [released.json()]
    assert (await ask(api, ada, "DELETE", f"/artifacts/{artifact}")).status_code == 204


async def test_the_report_tells_what_would_go_under_other_numbers(api: Api) -> None:
    ada = await api.register()
    await a_file(api, ada)

    report = await ask(api, ada, "GET", "/retention/report", params={"raw_input": 1})

    lines = {(line["what"], line["retention"]): line for line in report.json()["items"]}
    assert ("artifacts", "raw_input") in lines
    assert ("jobs", "log") in lines
    assert lines["artifacts", "raw_input"]["days"] == 1
    assert {line["count"] for line in lines.values()} == {0}
    bad = await ask(api, ada, "GET", "/retention/report", params={"raw_input": 0})
    assert bad.status_code == 400
