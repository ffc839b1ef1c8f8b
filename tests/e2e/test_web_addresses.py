"""Pictures and sheets by web address: allowed twice, fetched safely, and told when they fail."""

import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import docx
import pytest
from dishka import Provider, Scope, provide

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from adapters.runtime.safe_http import SafeHttp
from adapters.runtime.url_rules import UrlRules
from api import Person, code, invited
from listening_site import Site, listening, page
from studio import Studio, open_studio, sheet_of, word_file

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
BADGE = word_file("{{ name }}", "{{ photo | image(width=20mm) }}", "{{ note }}")
TEAM = word_file("{% for each in team %}{{ each.photo | image(width=9mm) }}{% endfor %}")


class LoopbackClient(Provider):
    """The client as it is, but for one loopback address and whatever port the site has."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    @provide(scope=Scope.APP, override=True)
    async def http(self) -> AsyncIterator[SafeHttp]:
        rules = UrlRules(ports=frozenset({self._port}), networks=(IPv4Network("127.0.0.2/32"),))
        async with SafeHttp(rules) as http:
            yield http


@dataclass(frozen=True, slots=True)
class Stage:
    studio: Studio
    site: Site

    def address(self, path: str, host: str = "127.0.0.2") -> str:
        return f"http://{host}:{self.site.port}{path}"

    def asked_for(self, path: str) -> int:
        return sum(head.startswith(f"GET {path} ") for head in self.site.asked)

    async def person(self) -> Person:
        """An owner whose workspace follows addresses."""
        person = await self.studio.api.register()
        await self.allow(person, allow=True)
        return person

    async def allow(self, person: Person, *, allow: bool) -> None:
        here = await self.studio.call(person, "GET", "/workspace")
        headers = {"If-Match": here.headers["etag"]}
        await self.studio.call(
            person, "PATCH", "/workspace", json={"allow_urls": allow}, headers=headers
        )

    async def filled(self, person: Person, template: Any, data: Any, status: int = 200) -> Any:
        place = f"/templates/{template['template']['id']}/fill"
        return await self.studio.call(person, "POST", place, status, json={"data": data})


@pytest.fixture(scope="module")
async def stage(
    cluster: PostgresCluster,
    valkey: ValkeyServer,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    urls = [cluster.url(database, role) for role in ("atelier_app", "atelier_worker")]
    folder: Path = tmp_path_factory.mktemp("stage")
    async with _site() as site:
        extra = LoopbackClient(site.port)
        async with open_studio(*urls, valkey.url, folder, extra, allow_url_fetch=True) as studio:
            yield Stage(studio, site)


@asynccontextmanager
async def _site() -> AsyncIterator[Site]:
    async with listening("127.0.0.2") as site:
        for name in ("dot", "team", "bulk", "closed", "note", "late"):
            site.pages[f"/{name}.png"] = page(DOT, content_type="image/png")
        site.pages["/page"] = page(b"<html>", content_type="text/html")
        site.pages["/lie.png"] = page(b"no picture", content_type="image/png")
        site.pages["/large.png"] = page(b"", content_type="image/png", content_length="20000000")
        yield site


def pictures(content: bytes) -> int:
    return len(docx.Document(io.BytesIO(content)).inline_shapes)


async def test_a_workspace_follows_no_address_until_an_admin_allows_it(stage: Stage) -> None:
    owner = await stage.studio.api.register()
    editor = await invited(stage.studio.api, owner, "editor")
    template = await stage.studio.template(owner, BADGE)
    data = {"name": "Ada", "photo": stage.address("/closed.png"), "note": "-"}

    here = await stage.studio.call(owner, "GET", "/workspace")
    refused = await stage.filled(owner, template, data, 422)
    await stage.studio.call(
        editor, "PATCH", "/workspace", 403,
        json={"allow_urls": True}, headers={"If-Match": here.headers["etag"]},
    )  # fmt: skip
    assert here.json()["allow_urls"] is False
    assert refused.json()["problems"][0]["code"] == "documents.row-not-a-picture"
    assert stage.asked_for("/closed.png") == 0

    await stage.allow(owner, allow=True)
    made = await stage.filled(owner, template, data)

    assert pictures(made.content) == 1
    assert (await stage.studio.call(owner, "GET", "/workspace")).json()["allow_urls"] is True
    trail = (await stage.studio.call(owner, "GET", "/audit/entries")).json()["items"]
    assert "identity.urls-allowed" in {each["action"] for each in trail}


async def test_pictures_in_lists_are_fetched_and_addresses_in_texts_are_not(stage: Stage) -> None:
    person = await stage.person()
    team = await stage.studio.template(person, TEAM)
    badge = await stage.studio.template(person, BADGE)
    photo, note = stage.address("/team.png"), stage.address("/note.png")

    both = await stage.filled(person, team, {"team": [{"photo": photo}, {"photo": photo}]})
    await stage.filled(person, badge, {"name": "Ada", "photo": photo, "note": note})

    assert pictures(both.content) == 2
    assert stage.asked_for("/team.png") == 2  # once a document
    assert stage.asked_for("/note.png") == 0


@pytest.mark.parametrize(
    ("path", "host", "problem", "told"),
    [
        ("/gone.png", "127.0.0.2", "documents.picture-not-fetched", "status 404"),
        ("/page", "127.0.0.2", "documents.picture-not-fetched", "no picture (text/html)"),
        ("/large.png", "127.0.0.2", "documents.picture-not-fetched", "more than 10 MB"),
        ("/dot.png", "127.0.0.3", "documents.picture-not-fetched", "public internet"),
        ("/lie.png", "127.0.0.2", "documents.image-format", "not a picture"),
    ],
)
async def test_a_picture_that_cannot_be_had_is_told_with_its_reason(
    stage: Stage, path: str, host: str, problem: str, told: str
) -> None:
    person = await stage.person()
    template = await stage.studio.template(person, BADGE)
    data = {"name": "Ada", "photo": stage.address(path, host), "note": "-"}

    refused = (await stage.filled(person, template, data, 422)).json()["problems"]

    assert [each["code"] for each in refused] == [problem]
    assert told in refused[0]["message"]


async def test_one_bad_address_fails_its_row_and_each_address_is_asked_once(stage: Stage) -> None:
    person = await stage.person()
    template = await stage.studio.template(person, BADGE)
    good, bad = stage.address("/bulk.png"), stage.address("/gone.png")
    rows = [{"name": f"N{n}", "photo": bad if n == 2 else good, "note": "-"} for n in range(4)]

    run = await stage.studio.run(person, template, await stage.studio.sheet(person, sheet_of(rows)))

    assert (run["status"], run["rows_ok"], run["rows_failed"]) == ("success", 3, 1), run
    failed = await stage.studio.call(person, "GET", f"/bulk-runs/{run['id']}/rows?status=failed")
    row = failed.json()["items"][0]
    assert (row["row_number"], row["error_code"]) == (4, "documents.row-invalid")
    assert "status 404" in row["error_message"]
    assert stage.asked_for("/bulk.png") == 1


async def test_rows_with_addresses_are_invalid_where_they_are_not_allowed(stage: Stage) -> None:
    person = await stage.studio.api.register()
    template = await stage.studio.template(person, BADGE)
    rows = [{"name": "Ada", "photo": stage.address("/late.png"), "note": "-"}]

    run = await stage.studio.run(person, template, await stage.studio.sheet(person, sheet_of(rows)))

    assert (run["rows_ok"], run["rows_invalid"]) == (0, 1)
    assert stage.asked_for("/late.png") == 0


async def test_sheets_by_link_stand_under_the_same_permission(stage: Stage) -> None:
    person = await stage.studio.api.register()
    link = {"url": "https://docs.google.com/document/d/x"}  # leads to no sheet: nothing is asked

    closed = await stage.studio.call(person, "POST", "/sheets/link", 403, json=link)
    await stage.allow(person, allow=True)
    opened = await stage.studio.call(person, "POST", "/sheets/link", 422, json=link)

    assert code(closed) == "documents.sheet-links-not-allowed"
    assert code(opened) == "documents.sheet-link-unknown"


async def test_the_installation_has_the_last_word(studio: Studio) -> None:
    person = await studio.api.register()
    here = await studio.call(person, "GET", "/workspace")
    await studio.call(
        person, "PATCH", "/workspace",
        json={"allow_urls": True}, headers={"If-Match": here.headers["etag"]},
    )  # fmt: skip

    link = {"url": "https://docs.google.com/document/d/x"}
    closed = await studio.call(person, "POST", "/sheets/link", 403, json=link)

    assert code(closed) == "documents.sheet-links-not-allowed"
