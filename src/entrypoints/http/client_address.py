"""Where a request really comes from, when only some proxies are to be believed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client_address(
    peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]
) -> Address | None:
    """The rightmost hop that is not a trusted proxy; None when nobody said anything usable.

    Everything left of that hop was written by whoever called, so it counts for nothing.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    address = _parsed(peer)
    while address is not None and _is_trusted(address, trusted) and hops:
        behind = _parsed(hops.pop())
        if behind is None:
            return address
        address = behind
    return address


@lru_cache(maxsize=1024)
def network_prefix(address: Address | None) -> str | None:
    """The /24 or /48 an address lies in: what limits and the audit trail remember."""
    if address is None:
        return None
    length = 24 if address.version == 4 else 48  # noqa: PLR2004
    return str(ip_network((address, length), strict=False))


@lru_cache(maxsize=1024)
def _parsed(text: str | None) -> Address | None:
    if not text:
        return None
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)
