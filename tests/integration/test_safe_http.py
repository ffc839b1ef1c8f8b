"""The safe client against real listeners: 127.0.0.2 is allowed, 127.0.0.1 is the canary."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from adapters.runtime.safe_http import (
    FetchFailed,
    FetchRefused,
    FetchTimedOut,
    FetchTooLarge,
    FetchWrongType,
    SafeHttp,
    TooManyRedirects,
)
from adapters.runtime.url_rules import (
    AddressNotAllowed,
    HostNotFound,
    UrlNotAllowed,
    UrlRules,
    system_resolve,
)
from domain.kernel.errors import DomainError
from listening_site import Site, certified, listening, page

OUTSIDE, CANARY = "127.0.0.2", "127.0.0.1"
CSV = frozenset({"text/csv"})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with listening(OUTSIDE) as site:
        yield site


@pytest.fixture
async def canary(site: Site) -> AsyncIterator[Site]:
    async with listening(CANARY, site.port) as canary:
        yield canary
    assert canary.asked == []


Resolve = Callable[[str, int], Awaitable[list[str]]]


@asynccontextmanager
async def client(site: Site, resolve: Resolve = system_resolve) -> AsyncIterator[SafeHttp]:
    rules = UrlRules(
        ports=frozenset({80, 443, site.port}), networks=(IPv4Network(f"{OUTSIDE}/32"),)
    )
    async with SafeHttp(rules, resolve) as http:
        yield http


def names(**known: str) -> Resolve:
    async def resolve(host: str, port: int) -> list[str]:
        return known[host.replace(".", "_")].split()

    return resolve


async def fetched(http: SafeHttp, url: str, *, limit: int = 10_000, seconds: float = 5) -> bytes:
    async with http.get(url, accept=CSV, max_bytes=limit, seconds=seconds) as answer:
        return b"".join([chunk async for chunk in answer.chunks])


async def refusal(http: SafeHttp, url: str, **how: int) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await fetched(http, url, **how)
    return refused.value


async def test_a_page_is_fetched_from_the_tested_address_with_its_host_name(site: Site) -> None:
    site.pages["/a?b=c"] = page()
    async with client(site, names(sheets_example=OUTSIDE)) as http:
        url = f"http://sheets.example:{site.port}/a?b=c#part"
        async with http.get(url, accept=CSV, max_bytes=100) as answer:
            body = [chunk async for chunk in answer.chunks]

    assert (b"".join(body), answer.media_type, answer.charset) == (b"a,b\n", "text/csv", "utf-8")
    assert f"host: sheets.example:{site.port}" in site.asked[0].lower()


async def test_redirects_are_followed_three_times(site: Site) -> None:
    for step in range(5):
        site.pages[f"/{step}"] = page(b"", status="302 Found", location=f"/{step + 1}")
    site.pages["/5"] = page()
    async with client(site) as http:
        base = f"http://{OUTSIDE}:{site.port}"
        assert await fetched(http, f"{base}/2") == b"a,b\n"
        assert isinstance(await refusal(http, f"{base}/1"), TooManyRedirects)


@pytest.mark.parametrize(
    "target",
    [
        f"http://{CANARY}:PORT/",
        f"//{CANARY}:PORT/",
        "http://localhost:PORT/",
        "http://[::1]:PORT/",
        "http://[::ffff:127.0.0.1]:PORT/",
        "http://0:PORT/",
        "http://2130706433:PORT/",
        "http://user@127.0.0.2:PORT/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:PORT/",
        "http://127.0.0.2:22/",
        "http://[",
    ],
)
async def test_a_redirect_goes_through_the_same_gate(site: Site, canary: Site, target: str) -> None:
    location = target.replace("PORT", str(site.port))
    site.pages["/"] = page(b"", status="301 Moved", location=location)
    async with client(site) as http:
        error = await refusal(http, f"http://{OUTSIDE}:{site.port}/")

    assert isinstance(error, UrlNotAllowed | AddressNotAllowed | HostNotFound)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "0177.0.0.1", "2130706433", "0x7f.1", "127.1", "0x7f000001", "localhost"),
        *("017700000001", "127.0.0.1.", "[::1]", "①②⑦.⓪.⓪.①", "0", "[::]", "LOCALHOST"),
        *("[::ffff:7f00:1]", "127。0。0。1", "[fe80::1%25lo]"),
    ],
)
async def test_odd_spellings_of_loopback_do_not_pass(site: Site, canary: Site, host: str) -> None:
    async with client(site) as http:
        error = await refusal(http, f"http://{host}:{site.port}/")

    assert isinstance(error, UrlNotAllowed | AddressNotAllowed | HostNotFound)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://127.0.0.2/x", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("/etc/passwd", "scheme"),
        ("http://", "malformed"),
        ("http://a\nb/", "malformed"),
        ("http://user:pass@127.0.0.2/", "credentials"),
        ("http://127.0.0.2:6379/", "port"),
        ("http://127.0.0.2:99999/", "port"),
        ("http://127.0.0.2/" + "x" * 5000, "too-long"),
    ],
)
async def test_urls_are_refused_before_any_look_up(site: Site, url: str, reason: str) -> None:
    async with client(site, names()) as http:
        error = await refusal(http, url)

    assert (error.code, error.facts) == ("runtime.url-not-allowed", {"reason": reason})


async def test_one_private_address_among_public_ones_is_enough_to_refuse(
    site: Site, canary: Site
) -> None:
    async with client(site, names(mixed_example=f"{OUTSIDE} {CANARY}")) as http:
        error = await refusal(http, f"http://mixed.example:{site.port}/")

    assert error.code == "runtime.address-not-allowed"


async def test_a_name_that_changes_its_mind_is_asked_once(site: Site, canary: Site) -> None:
    answers = [OUTSIDE, CANARY, CANARY]

    async def rebinding(host: str, port: int) -> list[str]:
        return [answers.pop(0)]

    site.pages["/"] = page()
    async with client(site, rebinding) as http:
        body = await fetched(http, f"http://rebinding.example:{site.port}/")

    assert (body, len(answers)) == (b"a,b\n", 2)


async def test_a_name_that_changes_its_mind_before_a_redirect_is_refused(
    site: Site, canary: Site
) -> None:
    answers = [OUTSIDE, CANARY]

    async def rebinding(host: str, port: int) -> list[str]:
        return [answers.pop(0)]

    site.pages["/"] = page(b"", status="302 Found", location="/again")
    async with client(site, rebinding) as http:
        error = await refusal(http, f"http://rebinding.example:{site.port}/")

    assert error.code == "runtime.address-not-allowed"


async def test_the_next_address_is_tried_when_one_is_dead(site: Site) -> None:
    site.pages["/"] = page()
    rules = UrlRules(ports=frozenset({site.port}), networks=(IPv4Network("127.0.0.0/8"),))
    async with SafeHttp(rules, names(two_example=f"127.0.0.3 {OUTSIDE}")) as http:
        assert await fetched(http, f"http://two.example:{site.port}/") == b"a,b\n"


async def test_an_unknown_host_is_not_found(site: Site) -> None:
    async with client(site, names(empty_example="")) as http:
        error = await refusal(http, f"http://empty.example:{site.port}/")

    assert error.code == "runtime.host-not-found"


async def test_a_redirect_from_https_to_http_is_refused() -> None:
    async with SafeHttp() as http:
        with pytest.raises(UrlNotAllowed):
            http._next(http._rules.parse("https://example.org/a"), "http://example.org/b")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (page(status="404 Not Found"), FetchRefused),
        (page(status="503 Unavailable"), FetchFailed),
        (page(status="429 Too Many"), FetchFailed),
        (page(content_type="text/html"), FetchWrongType),
        (page(content_type=""), FetchWrongType),
        (page(content_encoding="br"), FetchWrongType),
        (page(b"x" * 101), FetchTooLarge),
        (page(b"x" * 101, content_length=""), FetchTooLarge),
        (page(gzip.compress(bytes(1 << 24)), content_encoding="gzip"), FetchTooLarge),
        (page(gzip.compress(b"x" * 50)[:-9], content_encoding="gzip"), FetchFailed),
        (page(b"not packed", content_encoding="gzip"), FetchFailed),
        (page(b"cut", content_length="50"), FetchFailed),
        (b"nonsense\r\n\r\n", FetchFailed),
        (b"", FetchFailed),
    ],
)
async def test_bad_answers_have_codes(site: Site, answer: bytes, error: type[DomainError]) -> None:
    site.pages["/"] = answer
    async with client(site) as http:
        assert type(await refusal(http, f"http://{OUTSIDE}:{site.port}/", limit=100)) is error


async def test_packed_answers_are_unpacked(site: Site) -> None:
    body = b"name,city\n" * 900
    site.pages["/"] = page(gzip.compress(body), content_encoding="gzip")
    async with client(site) as http:
        assert await fetched(http, f"http://{OUTSIDE}:{site.port}/") == body


@pytest.mark.parametrize("answer", [b"<pause>", page(b"<pause>a", content_length="")])
async def test_a_slow_answer_runs_out_of_time(site: Site, answer: bytes) -> None:
    site.pages["/"] = answer
    async with client(site) as http:
        with pytest.raises(FetchTimedOut):
            await fetched(http, f"http://{OUTSIDE}:{site.port}/", seconds=0.2)


async def test_a_message_is_posted_and_redirects_are_not_followed(site: Site, canary: Site) -> None:
    site.pages["/hook"] = page(status="307 Moved", location=f"http://{CANARY}:{site.port}/")
    async with client(site) as http:
        reply = await http.post(
            f"http://{OUTSIDE}:{site.port}/hook", content=b"{}", headers={"webhook-id": "1"}
        )
        with pytest.raises(AddressNotAllowed):
            await http.post(f"http://{CANARY}:{site.port}/", content=b"", headers={})

    assert reply.status == 307
    assert "webhook-id: 1" in site.asked[0]


async def test_proxies_of_the_environment_are_ignored(
    site: Site, canary: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{CANARY}:{site.port}")
    site.pages["/"] = page()
    async with client(site) as http:
        assert await fetched(http, f"http://{OUTSIDE}:{site.port}/") == b"a,b\n"


@pytest.mark.parametrize(("host", "trusted"), [("sheets.example", True), ("evil.example", False)])
async def test_the_certificate_is_checked_against_the_name_not_the_address(
    tmp_path: Path, host: str, *, trusted: bool
) -> None:
    server, trust = certified("sheets.example", tmp_path)
    resolve = names(sheets_example=OUTSIDE, evil_example=OUTSIDE)
    async with listening(OUTSIDE, tls=server) as site:
        site.pages["/"] = page()
        rules = UrlRules(ports=frozenset({site.port}), networks=(IPv4Network(f"{OUTSIDE}/32"),))
        async with SafeHttp(rules, resolve, trust) as http:
            url = f"https://{host}:{site.port}/"
            if trusted:
                assert await fetched(http, url) == b"a,b\n"
            else:
                assert isinstance(await refusal(http, url), FetchFailed)
