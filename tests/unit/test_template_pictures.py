"""Pictures, links and sub-documents from rows end up in the document, clean and once."""

import hashlib
import zipfile
from io import BytesIO

import docx
import pytest
from lxml import etree
from PIL import Image

from adapters.docx.filler import Filler
from adapters.docx.options import FillOptions
from adapters.docx.pictures import Box, read_picture
from adapters.docx.template import compile_template
from domain.documents.rows import MissingPolicy, RowInvalid
from pictures import a_picture, data_uri
from word import W, a_docx, member, p, paragraphs, replaced, run, table

MILLIMETRE = 36_000
NAVY, RED = a_picture(), a_picture(colour="red")


def filler(body: str, missing: MissingPolicy = MissingPolicy.ERROR, **parts: str) -> Filler:
    stored = {"logo": NAVY, "photo": RED, "annex": annex()}
    template = compile_template(a_docx(body, parts=parts))
    return Filler(template, FillOptions(missing=missing), stored.__getitem__)


def annex() -> bytes:
    document = docx.Document()
    document.add_heading("Annex", 1)
    document.add_paragraph("of two points", style="List Number")
    document.add_picture(BytesIO(RED))
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def media(document: bytes) -> list[str]:
    names = zipfile.ZipFile(BytesIO(document)).namelist()
    return [name for name in names if name.startswith("word/media/")]


def sizes(document: bytes, part: str = "word/document.xml") -> list[tuple[int, int]]:
    root = etree.fromstring(member(document, part))
    return [
        (int(extent.get("cx")) // MILLIMETRE, int(extent.get("cy")) // MILLIMETRE)
        for extent in root.iter("{*}extent")
    ]


def test_a_picture_comes_from_a_data_uri_or_by_name() -> None:
    body = p("{{ a | image(width=40mm) }}") + p("{{ b | image(height=10mm) }}")

    document = filler(body).fill({"a": data_uri(NAVY), "b": "photo"})

    assert sizes(document) == [(40, 20), (20, 10)]
    assert len(docx.Document(BytesIO(document)).inline_shapes) == 2


def test_one_picture_is_stored_once_and_each_drawing_has_its_own_number() -> None:
    loop = "{% for i in xs %}{{ i | image(width=5mm) }}{% endfor %}"
    header = p("{{ logo | image(width=5mm) }}")

    document = filler(p(loop), header=header).fill(
        {"xs": ["logo", "photo", "logo"], "logo": "logo"}
    )

    roots = [
        etree.fromstring(member(document, f"word/{name}.xml")) for name in ("document", "header")
    ]
    numbers = [element.get("id") for root in roots for element in root.iter("{*}docPr")]
    assert len(media(document)) == 2
    assert len(set(numbers)) == len(numbers) == 4
    assert "atelier" in member(document, "word/_rels/header.xml.rels").decode()
    docx.Document(BytesIO(document))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Box(), (10, 5)),
        (Box(width=40 * MILLIMETRE), (40, 20)),
        (Box(40 * MILLIMETRE, 40 * MILLIMETRE, "contain"), (40, 20)),
        (Box(40 * MILLIMETRE, 40 * MILLIMETRE, "cover"), (40, 40)),
        (Box(40 * MILLIMETRE, 40 * MILLIMETRE, "stretch"), (40, 40)),
    ],
)
def test_a_picture_fits_its_box(box: Box, expected: tuple[int, int]) -> None:
    picture = read_picture(a_picture(), box)

    assert (picture.width // MILLIMETRE, picture.height // MILLIMETRE) == expected
    pixels = Image.open(BytesIO(picture.content)).size
    assert pixels == ((20, 20) if box.fit == "cover" else (40, 20))


def test_a_picture_loses_what_it_hides() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    exif[0x0112] = 6  # turned by a quarter
    photo = a_picture(40, 20, "JPEG", exif=exif, comment=b"a secret word")

    picture = read_picture(photo + b"a secret behind the end", Box())

    assert b"secret" not in picture.content
    assert Image.open(BytesIO(picture.content)).size == (20, 40)
    assert picture.digest == hashlib.sha256(picture.content).hexdigest()


BOMB = Image.new("1", (8_000, 8_000))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("data:image/png;base64,!!!", "documents.image-unreadable"),
        ("data:image/png,plain", "documents.image-unreadable"),
        (data_uri(NAVY[:40]), "documents.image-unreadable"),
        (data_uri(b"<svg xmlns='x'/>"), "documents.image-format"),
        (data_uri(b"\x01\x00\x00\x00 emf"), "documents.image-format"),
        (data_uri(b"%PDF-1.7"), "documents.image-format"),
        (7, "documents.image-unreadable"),
    ],
)
def test_a_bad_picture_is_a_problem_of_its_row(value: object, code: str) -> None:
    problems = filler(p("{{ a | image }}")).check({"a": value})

    assert [problem.code for problem in problems] == [code]


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    buffer = BytesIO()
    BOMB.save(buffer, "PNG")

    problems = filler(p("{{ a | image }}")).check({"a": data_uri(buffer.getvalue())})

    assert [problem.code for problem in problems] == ["documents.image-too-large"]


def test_names_need_somebody_to_resolve_them() -> None:
    template = compile_template(a_docx(p("{{ a | image }}")))

    with pytest.raises(RowInvalid):
        Filler(template).fill({"a": "https://example.com/x.png"})


def test_a_missing_picture_follows_the_policy() -> None:
    document = filler(p("{{ a | image }}"), MissingPolicy.KEEP).fill({})

    assert paragraphs(document) == ["{{ a | image }}"]


def test_a_link_can_be_clicked_and_keeps_the_look() -> None:
    body = p("See ", run('{{ url | link("our site") }}', "<w:b/>"), ".")

    document = filler(body).fill({"url": "https://example.com/?a=1&b=%22x%22"})

    links = docx.Document(BytesIO(document)).paragraphs[0].hyperlinks
    assert paragraphs(document) == ["See our site."]
    assert [(link.text, link.url) for link in links] == [
        ("our site", "https://example.com/?a=1&b=%22x%22")
    ]
    assert links[0].runs[0].bold


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "http://a b", "x", "https://a\x00b"]
)
def test_an_address_that_is_none_is_a_problem(address: str) -> None:
    problems = filler(p("{{ url | link }}")).check({"url": address})

    assert [problem.code for problem in problems] == ["documents.value-not-a-link"]


def test_a_sub_document_takes_the_place_of_its_paragraph() -> None:
    body = p("before") + p("{{ a | subdocument }}") + p("after")
    cell = table((p("{{ b | subdocument }}"), "x"))

    document = filler(body + cell).fill({"a": "annex", "b": "annex"})

    assert paragraphs(document) == [
        "before", "Annex", "of two points", "", "after", "Annex", "of two points", "", "x",
    ]  # fmt: skip
    assert len(docx.Document(BytesIO(document)).inline_shapes) == 2
    assert zipfile.ZipFile(BytesIO(document)).testzip() is None


def test_a_sub_document_gives_the_same_bytes_again() -> None:
    maker = filler(p("{{ a | subdocument }}"))

    assert maker.fill({"a": "annex"}) == maker.fill({"a": "annex"})
    assert maker.prefix == b""
    assert maker.tail({"a": "annex"}).content == maker.fill({"a": "annex"})


def test_a_hostile_sub_document_is_a_problem_of_its_row() -> None:
    macros = replaced(annex(), {"word/vbaProject.bin": b"x"})
    template = compile_template(a_docx(p("{{ a | subdocument }}")))

    problems = Filler(template, resolver=lambda _name: macros).check({"a": "annex"})

    assert [problem.code for problem in problems] == ["documents.template-macros"]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (p("text {{ a | subdocument }}"), {}),
        (p("x"), {"header": p("{{ a | subdocument }}")}),
    ],
)
def test_a_sub_document_elsewhere_is_an_error_of_the_template(
    body: str, parts: dict[str, str]
) -> None:
    template = compile_template(a_docx(body, parts=parts))

    assert [problem.code for problem in template.errors()] == ["documents.subdocument-position"]


def test_the_look_of_a_link_is_valid_inside_a_loop() -> None:
    body = p(
        "{% for u in us %}", run("{{ u | link }}", '<w:color w:val="FF0000"/>'), "{% endfor %}"
    )

    document = filler(body).fill({"us": ["www.a.example", "mailto:b@c.example"]})

    root = etree.fromstring(member(document, "word/document.xml"))
    links = docx.Document(BytesIO(document)).paragraphs[0].hyperlinks
    assert [link.url for link in links] == ["https://www.a.example", "mailto:b@c.example"]
    assert len(list(root.iter(f"{{{W}}}color"))) >= 2
