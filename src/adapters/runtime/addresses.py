"""Which IP addresses are on the public internet.

The tables follow the IANA special-purpose address registries for IPv4 and IPv6 as of 2026. The
attributes of `ipaddress` are not used: they let through a third of the hostile forms (multicast,
NAT64, 6to4, ...) and change between patch releases of Python.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
_UNICAST_V6 = IPv6Network("2000::/3")  # all that IANA has handed out
_SPECIAL_V6 = (
    IPv6Network("2001::/23"),  # protocol assignments: benchmarking, ORCHID, ...
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)
_MAPPED, _NAT64 = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR, _TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")
_ISATAP = (0x00005EFE, 0x02005EFE)
_LOW = 0xFFFFFFFF


def is_public(text: str) -> bool:
    """Whether a literal address, and every IPv4 address hidden in it, is public."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    if address.scope_id is not None:
        return False
    hidden = _hidden(address)
    if not all(_is_public_v4(inner) for inner in hidden):
        return False
    if address in _MAPPED or address in _NAT64 or address in _TEREDO:
        return True
    return address in _UNICAST_V6 and not any(address in block for block in _SPECIAL_V6)


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in block for block in _SPECIAL_V4)


def _hidden(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses a gateway would send this on to."""
    bits = int(address)
    found = []
    if address in _MAPPED or address in _NAT64:
        found.append(bits & _LOW)
    if address in _SIX_TO_FOUR:
        found.append(bits >> 80 & _LOW)
    if address in _TEREDO:  # the server, and the client with its bits turned over
        found += [bits >> 64 & _LOW, ~bits & _LOW]
    if bits >> 32 & _LOW in _ISATAP:
        found.append(bits & _LOW)
    return [IPv4Address(value) for value in found]
