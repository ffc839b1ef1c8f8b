"""Constant text deflated once and values stored between make one valid deflate stream."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from adapters.docx.presegmented import END, constant_block, stored

TEXTS = st.lists(st.binary(max_size=200), min_size=1, max_size=8)


@given(TEXTS, st.lists(st.integers(0, 3), max_size=8))
def test_the_stream_says_what_its_pieces_say(constants: list[bytes], picks: list[int]) -> None:
    values = [(b"", b"value", b"x" * 65_535, b"y" * 200_000)[pick] for pick in picks]
    expected, stream = b"", b""
    for at, constant in enumerate(constants):
        value = values[at] if at < len(values) else b""
        expected += constant + value
        stream += constant_block(constant) + stored(value)

    machine = zlib.decompressobj(-15)
    assert machine.decompress(stream + END) == expected
    assert machine.eof
    assert not machine.unused_data
