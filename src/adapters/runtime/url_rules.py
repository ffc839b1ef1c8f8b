"""Which URLs we follow, decided before and after the name is resolved."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

import httpx

from adapters.runtime.addresses import is_public
from domain.kernel.errors import Invalid, Unavailable

Resolve = Callable[[str, int], Awaitable[list[str]]]
_MAX_LENGTH = 4096


class UrlNotAllowed(Invalid):
    """Facts: `reason`."""

    code = "runtime.url-not-allowed"


class AddressNotAllowed(Invalid):
    """The name leads into a private or reserved network; which one is not told."""

    code = "runtime.address-not-allowed"


class HostNotFound(Unavailable):
    code = "runtime.host-not-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRules:
    """`networks` are further networks that may be reached, by the operator's choice."""

    ports: frozenset[int] = frozenset({80, 443})
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def parse(self, text: str) -> httpx.URL:
        """Raises UrlNotAllowed."""
        if len(text) > _MAX_LENGTH:
            raise _refused("too-long", "The address is too long.")
        try:
            url = httpx.URL(text)
        except (httpx.InvalidURL, ValueError):
            raise _refused("malformed", "This is not a web address.") from None
        return self.check(url)

    def check(self, url: httpx.URL) -> httpx.URL:
        """Raises UrlNotAllowed."""
        if url.scheme not in {"http", "https"}:
            raise _refused("scheme", "Only http and https addresses are followed.")
        if url.userinfo:
            raise _refused("credentials", "The address must not contain a user name or password.")
        if not url.host:
            raise _refused("malformed", "The address names no host.")
        if _port(url) not in self.ports:
            raise _refused("port", "Only the standard ports of http and https are followed.")
        return url

    async def addresses(self, url: httpx.URL, resolve: Resolve) -> list[str]:
        """Every address of the host, all of them allowed: it is asked once.

        Raises HostNotFound and AddressNotAllowed.
        """
        host = url.raw_host.decode("ascii").strip("[]")
        try:
            found = await resolve(host, _port(url))
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise HostNotFound("The host of this address was not found.", host=host)
        if not all(self._reachable(address) for address in found):
            raise AddressNotAllowed("The address does not lead to the public internet.", host=host)
        return found

    def _reachable(self, address: str) -> bool:
        return is_public(address) or any(
            ip_address(address) in network for network in self.networks if "%" not in address
        )


async def system_resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says, without doubles, in its order. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _refused(reason: str, message: str) -> UrlNotAllowed:
    return UrlNotAllowed(message, reason=reason)
