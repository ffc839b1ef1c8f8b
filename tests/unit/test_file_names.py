"""File names are harmless everywhere, unique whatever the case, and the same every time."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.file_names import (
    LONGEST_EXTENSION,
    MAX_BYTES,
    BadFileNamePattern,
    FileNamePattern,
    UniqueNames,
    safe_stem,
)


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("Letter 5", "Letter 5"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini"),
        ("C:\\x", "C__x"),
        ("/etc/x", "_etc_x"),
        ('a<b>c:"d"|e?*', "a_b_c__d__e__"),
        ("...", "document"),
        ("", "document"),
        (" . ", "document"),
        ("\u200b", "document"),
        (".htaccess", "htaccess"),
        ("name. . ", "name"),
        ("CON", "_CON"),
        ("con.docx", "_con.docx"),
        ("nul .txt", "_nul .txt"),
        ("LPT1.a.b", "_LPT1.a.b"),
        ("COM¹", "_COM¹"),
        ("CONSOLE", "CONSOLE"),
        ("a\tb\r\nc\u2028d\u00a0e", "a b c d e"),
        ("a\x00b\x1bc\x7fd\x9f", "a_b_c_d_"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("zero\u200bwidth\ufeff\u2066", "zerowidth"),
        ("half\ud800", "half"),
        ("u\u0308ber", "über"),
        ("a\ufffeb", "a_b"),
        ("日本語", "日本語"),
    ],
)
def test_a_name_is_made_harmless(text: str, stem: str) -> None:
    assert safe_stem(text) == stem


texts = st.text(max_size=200) | st.text("aA.( 2)/\\con\u202e\u0308é", max_size=150)


@given(texts)
def test_any_text_becomes_a_file_name(text: str) -> None:
    stem = safe_stem(text)

    assert stem
    assert len(stem.encode()) <= MAX_BYTES - LONGEST_EXTENSION
    assert not set(stem) & set('<>:"/\\|?*')
    assert stem == unicodedata.normalize("NFC", stem) == stem.strip(" .")
    assert not {unicodedata.category(c) for c in stem} & {"Cc", "Cf", "Cs"}
    assert safe_stem(stem) == stem


@given(st.lists(texts, max_size=60))
def test_names_are_unique_whatever_the_case_and_still_short(given_: list[str]) -> None:
    unique = UniqueNames()
    names = [unique.claim(safe_stem(text)) for text in given_]
    again = UniqueNames()

    assert len({unicodedata.normalize("NFC", name.casefold()) for name in names}) == len(names)
    assert all(len(name.encode()) <= MAX_BYTES - LONGEST_EXTENSION for name in names)
    assert [again.claim(safe_stem(text)) for text in given_] == names


def test_doubles_are_numbered() -> None:
    unique = UniqueNames()
    names = [unique.claim(stem) for stem in ("a", "A", "a (2)", "a", "b", "straße", "STRASSE")]

    assert names == ["a", "A (2)", "a (2) (2)", "a (3)", "b", "straße", "STRASSE (2)"]


def test_long_doubles_are_cut_to_make_room_for_the_number() -> None:
    unique = UniqueNames()
    stem = safe_stem("ü" * 200)
    first, second = unique.claim(stem), unique.claim(stem)

    assert second.endswith("ü (2)")
    assert len(first.encode()) <= MAX_BYTES - LONGEST_EXTENSION
    assert len(second.encode()) <= MAX_BYTES - LONGEST_EXTENSION


def test_many_rows_with_one_name_are_numbered_through() -> None:
    unique = UniqueNames()
    last = ""
    for _ in range(20_000):
        last = unique.claim("letter")

    assert last == "letter (20000)"


@pytest.mark.parametrize(
    ("pattern", "stem"),
    [
        ("{ref}-{last_name}", "R7-Müller"),
        ("{ client.name } {{x}}", "Ada {x}"),
        ("{row_number} {nothing}", "12"),
        ("{nothing}", "row 12"),
        ("plain", "plain"),
        ("", "row 12"),
    ],
)
def test_a_pattern_is_filled_from_a_row(pattern: str, stem: str) -> None:
    values = {"ref": "R7", "last_name": "Müller", "client.name": "Ada", "nothing": None}
    parsed = FileNamePattern.parse(pattern, known=values)

    assert parsed.stem(values, 12) == stem


@pytest.mark.parametrize(
    ("pattern", "position"),
    [
        ("{unknown}", 0),
        ("a-{", 2),
        ("a}b", 1),
        ("{}", 0),
        ("{ref", 0),
        ("{ref.__class__}", 0),
        ("{ref!r}", 0),
        ("{ref:>999999999}", 0),
        ("x" * 501, 500),
    ],
)
def test_a_bad_pattern_says_where(pattern: str, position: int) -> None:
    with pytest.raises(BadFileNamePattern) as refused:
        FileNamePattern.parse(pattern, known={"ref"})

    assert refused.value.facts["position"] == position
