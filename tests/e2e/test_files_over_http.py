"""Files over HTTP: sent, listed, downloaded by signed links, removed."""

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import Response

from api import Api, Person, ask, code, invited

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


async def sent(
    api: Api, who: Person | None, content: bytes = PNG, *, name: str = "logo.png",
    media_type: str = "image/png", headers: dict[str, str] | None = None, **form: str,
) -> Response:  # fmt: skip
    return await ask(
        api, who, "POST", "/artifacts", files={"file": (name, content, media_type)}, data=form,
        headers=headers or {},
    )  # fmt: skip


async def stored(api: Api, who: Person, content: bytes = PNG, **more: Any) -> dict[str, Any]:
    answer = await sent(api, who, content, **more)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def link(api: Api, who: Person, artifact_id: str) -> str:
    answer = await ask(api, who, "GET", f"/artifacts/{artifact_id}/download")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_a_file_goes_in_and_comes_back(api: Api) -> None:
    ada = await api.register()

    answer = await sent(api, ada, name="../Müllers Logo.png")
    artifact = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/artifacts/{artifact['id']}"
    assert artifact == (await ask(api, ada, "GET", f"/artifacts/{artifact['id']}")).json()
    assert artifact["file_name"] == "Müllers Logo.png"
    assert artifact["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (artifact["size"], artifact["media_type"]) == (len(PNG), "image/png")
    assert (artifact["kind"], artifact["retention"]) == ("upload", "raw_input")
    assert artifact["expires_at"] > artifact["created_at"]

    url = await link(api, ada, artifact["id"])
    got = await api.client.get(url)

    assert (got.status_code, got.content) == (200, PNG)
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["content-length"] == str(len(PNG))


async def test_a_download_is_written_into_the_audit(api: Api) -> None:
    ada = await api.register()
    artifact = await stored(api, ada)
    await link(api, ada, artifact["id"])

    trail = await ask(api, ada, "GET", "/audit/entries", params={"object_id": artifact["id"]})

    entries = [(entry["action"], entry["actor_id"]) for entry in trail.json()["items"]]
    assert entries == [
        ("artifacts.download-linked", ada.user_id),
        ("artifacts.uploaded", ada.user_id),
    ]


async def test_a_link_opens_nothing_once_anything_in_it_is_changed(api: Api) -> None:
    ada = await api.register()
    url = await link(api, ada, (await stored(api, ada))["id"])
    token = parse_qs(urlsplit(url).query)["token"][0]

    for changed in (
        url[:-3] + "AAA",
        url.replace(token, token[::-1]),
        url.replace(token, "x" + token),
        url + "&media_type=text/html",
        url + "&response-content-type=text/html",
        url.replace(token, ""),
    ):
        answer = await api.client.get(changed)
        assert (answer.status_code, code(answer)) == (403, "artifacts.link-invalid"), changed
    twice = await api.client.get(url + "&token=" + token)
    assert (twice.status_code, code(twice)) == (400, "http.repeated-parameter")
    assert (await api.client.get("/v1/files")).status_code == 400
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await api.client.request(method, url)).status_code == 405


async def test_ranges_are_honoured_one_at_a_time(api: Api) -> None:
    ada = await api.register()
    url = await link(api, ada, (await stored(api, ada))["id"])
    size = len(PNG)

    async def asked(text: str, **headers: str) -> tuple[int, bytes, str | None]:
        got = await api.client.get(url, headers={"Range": text} | headers)
        return got.status_code, got.content, got.headers.get("content-range")

    etag = (await api.client.get(url)).headers["etag"]
    assert await asked("bytes=0-9") == (206, PNG[:10], f"bytes 0-9/{size}")
    assert await asked("bytes=0-") == (206, PNG, f"bytes 0-{size - 1}/{size}")
    assert await asked("bytes=10-") == (206, PNG[10:], f"bytes 10-{size - 1}/{size}")
    assert await asked("bytes=-5") == (206, PNG[-5:], f"bytes {size - 5}-{size - 1}/{size}")
    assert await asked("bytes=9-999999") == (206, PNG[9:], f"bytes 9-{size - 1}/{size}")
    assert await asked("bytes=5-5", **{"If-Range": etag}) == (206, PNG[5:6], f"bytes 5-5/{size}")
    for ignored in ("bytes=0-1,5-6", "bytes=5-1", "bytes=-", "lines=1-2", "bytes=a-b"):
        assert await asked(ignored) == (200, PNG, None), ignored
    assert await asked("bytes=0-9", **{"If-Range": '"other"'}) == (200, PNG, None)
    for nothing in (f"bytes={size}-", "bytes=99999999-", "bytes=-0"):
        status, _, content_range = await asked(nothing)
        assert (status, content_range) == (416, f"bytes */{size}"), nothing


async def test_the_headers_of_a_download_can_be_asked_alone(api: Api) -> None:
    ada = await api.register()
    url = await link(api, ada, (await stored(api, ada))["id"])

    got = await api.client.head(url)

    assert (got.status_code, got.content) == (200, b"")
    assert got.headers["content-length"] == str(len(PNG))
    assert got.headers["accept-ranges"] == "bytes"


async def test_the_same_file_twice_is_two_artifacts(api: Api) -> None:
    ada = await api.register()

    first, second = await stored(api, ada), await stored(api, ada, name="again.png")

    assert first["id"] != second["id"]
    usage = (await ask(api, ada, "GET", "/usage")).json()["items"]
    used = {use["quota"]: use["used"] for use in usage}
    assert used["bytes_stored"] == 2 * len(PNG)


@pytest.mark.parametrize(
    ("content", "form", "status", "problem"),
    [
        (b"", {}, 422, "artifacts.empty-upload"),
        (b"<html>", {}, 422, "artifacts.content-mismatch"),
        (b"MZ\x90\x00", {"media_type": "text/csv"}, 422, "artifacts.content-mismatch"),
        (PNG, {"media_type": "text/html"}, 422, "artifacts.type-not-allowed"),
        (PNG, {"media_type": "image/svg+xml"}, 422, "artifacts.type-not-allowed"),
        (PNG, {"sha256": "0" * 64}, 422, "artifacts.checksum-mismatch"),
        (PNG, {"sha256": "xyz"}, 422, "artifacts.bad-checksum"),
        (PNG, {"unknown": "field"}, 400, "http.malformed"),
    ],
)
async def test_what_is_not_a_sound_file_is_refused(
    api: Api, content: bytes, form: dict[str, str], status: int, problem: str
) -> None:
    ada = await api.register()

    answer = await sent(api, ada, content, **form)  # type: ignore[arg-type]

    assert (answer.status_code, code(answer)) == (status, problem)
    assert (await ask(api, ada, "GET", "/artifacts")).json()["items"] == []


async def test_a_declared_checksum_that_fits_is_accepted(api: Api) -> None:
    ada = await api.register()

    answer = await sent(api, ada, sha256=hashlib.sha256(PNG).hexdigest().upper())

    assert answer.status_code == 201


async def test_a_file_larger_than_this_place_takes_is_refused(api: Api) -> None:
    ada = await api.register()

    answer = await sent(api, ada, PNG + bytes(51 * 1024**2))

    assert (answer.status_code, code(answer)) == (413, "http.body-too-large")


async def test_a_repeated_upload_with_one_key_is_one_file(api: Api) -> None:
    ada = await api.register()
    key = {"Idempotency-Key": "upload-1"}

    first, again = await sent(api, ada, headers=key), await sent(api, ada, headers=key)
    other = await sent(api, ada, PNG + b"x", headers=key)

    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, code(other)) == (422, "http.idempotency-key-reused")
    assert len((await ask(api, ada, "GET", "/artifacts")).json()["items"]) == 1


async def test_the_list_runs_from_new_to_old_in_pages(api: Api) -> None:
    ada = await api.register()
    made = [(await stored(api, ada, PNG + bytes([n])))["id"] for n in range(5)]

    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2, "kind": "upload"}
    while True:
        page = (await ask(api, ada, "GET", "/artifacts", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]

    assert seen == made[::-1]
    assert (await ask(api, ada, "GET", "/artifacts", params={"kind": "other"})).json() == {
        "items": [],
        "next_cursor": None,
    }


async def test_another_workspace_sees_nothing_of_it(api: Api) -> None:
    ada, eve = await api.register(), await api.register()
    artifact = await stored(api, ada)

    for method, path in (("GET", ""), ("GET", "/download"), ("DELETE", "")):
        answer = await ask(api, eve, method, f"/artifacts/{artifact['id']}{path}")
        assert (answer.status_code, code(answer)) == (404, "artifacts.artifact-not-found")
    assert (await ask(api, eve, "GET", "/artifacts")).json()["items"] == []
    assert (await ask(api, None, "GET", f"/artifacts/{artifact['id']}")).status_code == 401


async def test_a_viewer_reads_and_an_editor_writes(api: Api) -> None:
    ada = await api.register()
    viewer, editor = await invited(api, ada, "viewer"), await invited(api, ada, "editor")
    artifact = await stored(api, editor)

    assert (await sent(api, viewer)).status_code == 403
    assert (await ask(api, viewer, "DELETE", f"/artifacts/{artifact['id']}")).status_code == 403
    url = await link(api, viewer, artifact["id"])
    assert (await api.client.get(url)).content == PNG
    assert (await ask(api, editor, "DELETE", f"/artifacts/{artifact['id']}")).status_code == 204


async def test_a_removed_file_is_gone_and_its_bytes_are_free(api: Api) -> None:
    ada = await api.register()
    artifact = await stored(api, ada)

    removed = await ask(api, ada, "DELETE", f"/artifacts/{artifact['id']}")

    assert removed.status_code == 204
    for method, path in (("GET", ""), ("GET", "/download"), ("DELETE", "")):
        answer = await ask(api, ada, method, f"/artifacts/{artifact['id']}{path}")
        assert (answer.status_code, code(answer)) == (410, "artifacts.artifact-removed")
    assert (await ask(api, ada, "GET", "/artifacts")).json()["items"] == []
    usage = (await ask(api, ada, "GET", "/usage")).json()["items"]
    assert {use["quota"]: use["used"] for use in usage}["bytes_stored"] == 0


async def test_no_room_is_told_before_and_with_figures(api: Api) -> None:
    ada = await api.register()
    tag = (await ask(api, ada, "GET", "/quotas/bytes_stored")).headers["etag"]
    limit = {"limit": len(PNG) + 5}
    changed = await ask(
        api, ada, "PUT", "/quotas/bytes_stored", json=limit, headers={"If-Match": tag}
    )
    assert changed.status_code == 200
    await stored(api, ada)

    refused = await sent(api, ada, PNG + b"more")

    assert (refused.status_code, code(refused)) == (409, "usage.over-quota")
    problem = refused.json()
    assert {name: problem[name] for name in ("quota", "limit", "used", "left", "wanted")} == {
        "quota": "bytes_stored",
        "limit": len(PNG) + 5,
        "used": len(PNG),
        "left": 5,
        "wanted": len(PNG) + 4,
    }
    assert len((await ask(api, ada, "GET", "/artifacts")).json()["items"]) == 1
