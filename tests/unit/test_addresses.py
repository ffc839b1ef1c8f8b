"""Hostile spellings of private addresses do not pass; public addresses do."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.runtime.addresses import is_public

HOSTILE = """
127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254
100.100.100.200 100.64.0.1 192.0.0.1 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 192.88.99.1
:: ::1 fe80::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
::ffff:100.64.0.1 64:ff9b::a9fe:a9fe 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2002:a9fe:a9fe::
2001:0:a9fe:a9fe:0:0:5601:5601 ::127.0.0.1 ::a9fe:a9fe fec0::1 100::1 2001:10::1 3fff::1 5f00::1
2001:2::1
fe80::1%eth0 2606:4700::1%eth0 ::ffff:0:127.0.0.1 2001:0:808:808:0:0:80ff:fffe 4000::1 ffff::1
2a00:1450:4001:81b:0:5efe:7f00:1 2a00:1450:4001:81b:200:5efe:a9fe:a9fe 2001:20::1
""".split()  # noqa: SIM905
PUBLIC = """
8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0
192.0.1.0 198.17.255.255 198.20.0.0 223.255.255.255
2606:4700:4700::1111 2a00:1450:4001:81b::200e ::ffff:8.8.8.8 2002:808:808::1 64:ff9b::808:808
2001:200::1 2001:0:808:808:0:0:f7f7:f7f7
""".split()  # noqa: SIM905
PRIVATE_BLOCKS = [IPv4Network(block) for block in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16")]


@pytest.mark.parametrize("address", HOSTILE)
def test_hostile_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "0177.0.0.1", "2130706433", "[::1]"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@given(st.sampled_from(PRIVATE_BLOCKS), st.integers(0, (1 << 24) - 1))
def test_no_wrapping_makes_a_private_address_public(block: IPv4Network, offset: int) -> None:
    inner = int(IPv4Address(int(block[0]) + offset % block.num_addresses))
    wrapped = [
        IPv6Address(0xFFFF << 32 | inner),
        IPv6Address((0x64FF9B << 96) | inner),
        IPv6Address(0x2002 << 112 | inner << 80 | 1),
        IPv6Address(0x20010000 << 96 | 0x08080808 << 64 | (~inner & 0xFFFFFFFF)),
        IPv6Address(0x20010000 << 96 | inner << 64 | 0xF7F7F7F7),
        IPv6Address(inner),
    ]

    assert not any(is_public(str(address)) for address in wrapped)
