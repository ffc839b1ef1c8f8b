"""Usage and quotas over HTTP."""

from api import Api, ask, code, invited
from domain.usage.quota import PLATFORM


async def test_every_member_sees_what_is_used_and_left(api: Api) -> None:
    ada = await api.register()
    viewer = await invited(api, ada, "viewer")

    usage = (await ask(api, viewer, "GET", "/usage")).json()["items"]

    assert [use["quota"] for use in usage] == sorted(rule.name for rule in PLATFORM)
    for use in usage:
        assert use["left"] == use["limit"] - use["used"]
        assert (use["kind"] == "rate") == (use["resets_at"] is not None)


async def test_an_admin_sets_a_limit_and_goes_back_to_the_default(api: Api) -> None:
    ada = await api.register()
    before = await ask(api, ada, "GET", "/quotas/rows_a_day")

    own = await ask(
        api, ada, "PUT", "/quotas/rows_a_day", json={"limit": 5},
        headers={"If-Match": before.headers["etag"]},
    )  # fmt: skip
    stale = await ask(
        api, ada, "PUT", "/quotas/rows_a_day", json={"limit": 6},
        headers={"If-Match": before.headers["etag"]},
    )  # fmt: skip
    back = await ask(
        api, ada, "PUT", "/quotas/rows_a_day", json={"limit": None},
        headers={"If-Match": own.headers["etag"]},
    )  # fmt: skip

    assert (own.json()["limit"], own.json()["overridden"]) == (5, True)
    assert (stale.status_code, code(stale)) == (412, "usage.limit-changed")
    assert back.json() == before.json()
    assert back.headers["etag"] != before.headers["etag"]
    listed = (await ask(api, ada, "GET", "/quotas")).json()["items"]
    assert back.json() in listed
    trail = await ask(api, ada, "GET", "/audit/entries", params={"action": "usage.limit-changed"})
    facts = [(e["object_id"], e["facts"]["after"]) for e in trail.json()["items"]]
    assert facts == [("rows_a_day", before.json()["limit"]), ("rows_a_day", 5)]


async def test_limits_are_the_admins_and_the_version_must_be_said(api: Api) -> None:
    ada = await api.register()
    editor = await invited(api, ada, "editor")
    change = {"json": {"limit": 5}, "headers": {"If-Match": '"v1"'}}

    assert (await ask(api, editor, "PUT", "/quotas/rows_a_day", **change)).status_code == 403
    assert (await ask(api, editor, "GET", "/quotas")).status_code == 403
    assert (await ask(api, editor, "GET", "/usage/entries")).status_code == 403
    for path, more, status, problem in (
        ("/quotas/rows_a_day", {"json": {"limit": 5}}, 428, "http.version-required"),
        ("/quotas/rows_a_day", change | {"json": {"limit": -1}}, 400, "http.malformed"),
        ("/quotas/rows_a_day", change | {"json": {}}, 400, "http.malformed"),
        ("/quotas/moon_landings", change, 404, "usage.unknown-quota"),
    ):
        answer = await ask(api, ada, "PUT", path, **more)
        assert (answer.status_code, code(answer)) == (status, problem), (path, more)
