"""File names of strangers, and the header that carries them."""

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from domain.artifacts.names import LONGEST, content_disposition, safe_file_name

ODD = (
    "report.pdf", "M\u00fcller & S\u00f6hne.docx", "\u5e74\u5ea6\u5831\u544a.xlsx",
    "\u062a\u0642\u0631\u064a\u0631.pdf", "\u043d\u0430\u043a\u043b\u0435\u0439\u043a\u0430.zip",
    "a b  c.txt", "../../etc/passwd", "..\\..\\windows\\win.ini", "/abs/name.txt",
    "C:\\temp\\x.docx", "a/b/c.pdf", "CON", "con.txt", "NUL.tar.gz", "com1.pdf", "LPT9",
    "aux .txt", "COM\u00b2.txt", ".htaccess", "..", ".", "", "   ", "...", "name.", "name ",
    " name", "a\x00b.txt", "a\rb.txt", "a\nb.txt", "a\tb.txt", 'quo"te.pdf', "back\\slash.pdf",
    "semi;colon.pdf", "per%cent.pdf", "%2e%2e%2fx", "a%0d%0aSet-Cookie: x=1",
    "x\r\nSet-Cookie: a=b\r\n\r\n<html>", "filename*=UTF-8''evil.exe", '"; filename="evil.exe',
    "\u202egpj.exe", "\u2066abc\u2069.txt", "a\u200bb.txt", "e\u0301.txt", "\ufeffbom.txt",
    "a\u2028b.txt", "a\u2029b", "\U000e0041tag.txt", "\ud800.txt", "\udcff.bin",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467.png",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.pdf", "x" * 300, "x" * 300 + ".pdf",
    "\u00e9" * 200 + ".docx", "\U0001f44d" * 100 + ".zip", "a.", "b" * 300, "<script>.html",
    "a|b?.txt", "*.*", "a:b.txt", "~", "~root", "-rf", "--help", "$(id)", "`id`", "a;b", "a&b",
    "a'b", "a,b", "a=b", "a@b", "{x}", "[x]", "^x", "#x", "!x", "x+y", "x~1", "\x7f.txt",
    "\x85.txt", "\u00a0.txt", "\u3000.txt", "a\u00adb.txt", "\u0130.txt", "\ufb01.txt",
    "\uff23\uff2f\uff2e", "\u2460.txt", "\u017f.txt", "K.txt", "a\u0000", "\u0000", "desktop.ini",
    "Thumbs.db", "a.b.c.d.e", "a..b", "tar.gz.", "x.pdf.exe", "a\u202e\u202dfdp.exe",
)  # fmt: skip


def is_harmless(name: str) -> bool:
    return (
        0 < len(name.encode()) <= LONGEST + 1
        and not re.search(r'[<>:"/\\|?*]', name)
        and not any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} for c in name)
        and not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\u2028\u2029]", name)
        and name == name.strip(". ")
        and not re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, re.IGNORECASE)
    )


def test_there_are_a_hundred_odd_names() -> None:
    assert len(set(ODD)) >= 100


@pytest.mark.parametrize("raw", ODD, ids=ascii)
def test_an_odd_name_becomes_harmless_and_stays_so(raw: str) -> None:
    name = safe_file_name(raw)

    assert is_harmless(name)
    assert safe_file_name(name) == name


@given(st.text())
def test_any_name_becomes_harmless_and_stays_so(raw: str) -> None:
    name = safe_file_name(raw)

    assert is_harmless(name)
    assert safe_file_name(name) == name


@pytest.mark.parametrize("raw", ODD, ids=ascii)
def test_no_name_can_add_a_header_or_a_parameter(raw: str) -> None:
    header = content_disposition(raw)

    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9 !#$&'()+,.;=@^_`{}~-]+\"; filename\*=UTF-8''[!-~]+",
        header,
    )
    assert unquote(header.rpartition("''")[2]) == safe_file_name(raw)


@pytest.mark.parametrize("raw", ODD, ids=ascii)
def test_a_reader_of_headers_gets_the_name_back(raw: str) -> None:
    kind, options = parse_options_header(content_disposition(raw))

    assert (kind, options) == ("attachment", {"filename": safe_file_name(raw)})


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("Müller & Söhne.docx", "Müller & Söhne.docx"),
        ("e\u0301.txt", "é.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("con.txt", "_con.txt"),
        (".htaccess", "htaccess"),
        ("", "file"),
        ("a\r\nb.txt", "ab.txt"),
        ("می‌خواهم.pdf", "می‌خواهم.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_what_names_become(raw: str, name: str) -> None:
    assert safe_file_name(raw) == name
