"""Who called is decided by the last hop nobody vouches for (S9)."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.client_address import client_address, network_prefix

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # nobody vouches for this header
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # the first was made up
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["not an address"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, , 10.0.0.2"], "10.0.0.2"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        (None, ["198.51.100.1"], None),
        ("nonsense", ["198.51.100.1"], None),
    ],
)
def test_the_rightmost_hop_that_is_no_proxy_of_ours_called(
    peer: str | None, forwarded: list[str], client: str | None
) -> None:
    found = client_address(peer, forwarded, PROXIES)

    assert found == (None if client is None else ip_address(client))


@given(st.lists(st.one_of(st.ip_addresses().map(str), st.text(max_size=20)), max_size=6))
def test_a_caller_cannot_choose_who_they_are(made_up: list[str]) -> None:
    """Whatever is sent, our proxy appends the address it saw, and that one counts."""
    header = ", ".join([*(part.replace(",", "") for part in made_up), "198.51.100.1"])

    assert client_address("10.0.0.1", [header], PROXIES) == ip_address("198.51.100.1")


def test_a_network_is_a_24_or_a_48() -> None:
    assert network_prefix(ip_address("192.0.2.200")) == "192.0.2.0/24"
    assert network_prefix(ip_address("2001:db8:1:2::3")) == "2001:db8:1::/48"
    assert network_prefix(None) is None
