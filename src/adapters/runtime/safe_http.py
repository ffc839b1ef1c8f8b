"""The one HTTP client that may follow a user's URL.

A host is resolved once, every address is tested, and the connection goes to a tested address, so
a name cannot change its mind in between. Redirects go through the same gate.
"""

import asyncio
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from adapters.runtime.url_rules import Resolve, UrlNotAllowed, UrlRules, system_resolve
from domain.kernel.errors import Invalid, TooLarge, Unavailable

_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_LATER = frozenset({408, 425, 429})
_CONNECT_SECONDS, _SILENCE_SECONDS = 5.0, 15.0
_CHUNK = 1 << 16


class TooManyRedirects(Invalid):
    code = "runtime.too-many-redirects"


class FetchRefused(Invalid):
    """The other side says no; facts: `status`."""

    code = "runtime.fetch-refused"


class FetchWrongType(Invalid):
    """Facts: `media_type`."""

    code = "runtime.fetch-wrong-type"


class FetchTooLarge(TooLarge):
    code = "runtime.fetch-too-large"


class FetchFailed(Unavailable):
    """Facts: `status` where there was an answer."""

    code = "runtime.fetch-failed"


class FetchTimedOut(Unavailable):
    code = "runtime.fetch-timed-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer whose body is still on its way; `chunks` may be read once."""

    url: str  # after redirects
    media_type: str
    charset: str | None
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]


class SafeHttp:
    """Close it, or use it with `async with`."""

    def __init__(
        self,
        rules: UrlRules | None = None,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules or UrlRules()
        self._resolve = resolve
        # No connection is kept: one made for a host would serve another host of the same address
        # without its certificate having been looked at.
        self._client = httpx.AsyncClient(
            verify=tls or True,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    @asynccontextmanager
    async def get(
        self, url: str, *, accept: frozenset[str], max_bytes: int, seconds: float = 60.0
    ) -> AsyncIterator[Fetched]:
        """GET with at most three redirects; `seconds` include reading the body.

        `accept` lists media types ("text/csv"). Raises UrlNotAllowed, AddressNotAllowed,
        HostNotFound, TooManyRedirects, FetchRefused, FetchWrongType, FetchTooLarge, FetchFailed,
        FetchTimedOut; the last three also while reading.
        """
        async with _budget(seconds):
            answer = await self._follow(self._rules.parse(url), accept)
            try:
                media_type = _accepted(answer, accept)
                _check_length(answer, max_bytes)
                async with aclosing(_body(answer, max_bytes)) as chunks:
                    yield Fetched(
                        url=str(answer.extensions["asked"]),
                        media_type=media_type,
                        charset=answer.charset_encoding,
                        chunks=chunks,
                    )
            finally:
                await answer.aclose()

    async def post(
        self, url: str, *, content: bytes, headers: Mapping[str, str], seconds: float = 20.0
    ) -> Reply:
        """POST without redirects, whatever the answer's status; its body is not read.

        Raises UrlNotAllowed, AddressNotAllowed, HostNotFound, FetchFailed, FetchTimedOut.
        """
        async with _budget(seconds):
            answer = await self._send("POST", self._rules.parse(url), headers, content)
            await answer.aclose()
            return Reply(status=answer.status_code, headers=dict(answer.headers))

    async def _follow(self, url: httpx.URL, accept: frozenset[str]) -> httpx.Response:
        headers = {"accept": ", ".join(sorted(accept)), "accept-encoding": "identity"}
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await self._send("GET", url, headers)
            if answer.status_code not in _REDIRECTS:
                answer.extensions["asked"] = url
                return answer
            await answer.aclose()
            url = self._next(url, answer.headers.get("location", ""))
        raise TooManyRedirects("This address leads from one redirect to the next.")

    def _next(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location)
        except (httpx.InvalidURL, ValueError):
            raise UrlNotAllowed(
                "The address redirects to something that is not a web address.", reason="malformed"
            ) from None
        if url.scheme == "https" and target.scheme == "http":
            raise UrlNotAllowed("The address redirects from https to http.", reason="downgrade")
        return self._rules.check(target)

    async def _send(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> httpx.Response:
        failure: Exception | None = None
        for address in await self._rules.addresses(url, self._resolve):
            request = self._client.build_request(
                method,
                url.copy_with(host=address, fragment=None),
                headers={**headers, "host": url.netloc.decode("ascii")},
                content=content,
                extensions={"sni_hostname": url.raw_host.decode("ascii").strip("[]")},
            )
            try:
                return await self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error  # the next address may answer
            except httpx.HTTPError as error:
                failure = error
                break
        raise FetchFailed("The other side does not answer.") from failure


@asynccontextmanager
async def _budget(seconds: float) -> AsyncIterator[None]:
    clock = asyncio.timeout(seconds)
    try:
        async with clock:
            yield
    except TimeoutError:
        if not clock.expired():
            raise
        raise FetchTimedOut(f"The other side took longer than {seconds:g} seconds.") from None


def _accepted(answer: httpx.Response, accept: frozenset[str]) -> str:
    status = answer.status_code
    if status in _TRY_LATER or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise FetchFailed(f"The other side answered with status {status}.", status=status)
    if not answer.is_success:
        raise FetchRefused(f"The other side answered with status {status}.", status=status)
    media_type = str(answer.headers.get("content-type", "")).partition(";")[0].strip().lower()
    if media_type not in accept:
        raise FetchWrongType("The address leads to something else.", media_type=media_type)
    return media_type


def _check_length(answer: httpx.Response, limit: int) -> None:
    declared = answer.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise FetchTooLarge(f"More than {limit} bytes.", limit=limit)


async def _body(answer: httpx.Response, limit: int) -> AsyncGenerator[bytes, None]:
    """The bytes, unpacked if need be, never more than `limit` of them."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip"}:
        raise FetchWrongType("The answer is packed in an unknown way.", media_type=coding)
    chunks = answer.aiter_raw(_CHUNK)
    left = limit
    try:
        async for chunk in _gunzipped(chunks) if coding == "gzip" else chunks:
            left -= len(chunk)
            if left < 0:
                raise FetchTooLarge(f"More than {limit} bytes.", limit=limit)
            yield chunk
    except (httpx.HTTPError, zlib.error) as error:
        raise FetchFailed("The answer broke off.") from error


async def _gunzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """In pieces of a bounded size, however much a chunk swells."""
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    async for packed in chunks:
        rest = packed
        while rest and not unpack.eof:
            yield unpack.decompress(rest, _CHUNK)
            rest = unpack.unconsumed_tail
    yield unpack.flush()
    if not unpack.eof:
        raise zlib.error("truncated")
