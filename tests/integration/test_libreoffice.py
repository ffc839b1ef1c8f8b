"""LibreOffice, where it is installed: behind walls, in batches, with bad neighbours."""

from pathlib import Path

import pytest

from adapters.libreoffice.engine import OfficeTemplate
from adapters.libreoffice.office import LibreOffice, OfficeLimits, find_office
from domain.documents.layout.failures import PdfNotDrawn
from drawn import text_of
from entrypoints.cli.docs_one import fill_once
from listening_site import listening
from word import a_docx, p, relationship

PROGRAM = find_office()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="LibreOffice is not installed")


def an_office(scratch: Path, limits: OfficeLimits | None = None) -> LibreOffice:
    assert PROGRAM is not None
    return LibreOffice(program=PROGRAM, scratch=scratch, limits=limits or OfficeLimits())


def test_a_batch_is_drawn_in_order_and_a_broken_document_fails_alone(tmp_path: Path) -> None:
    office = an_office(tmp_path)

    made = office.pdfs([a_docx(p("one")), b"PK broken", a_docx(p("three"))])
    office.close()

    assert [text_of(pdf) for pdf in (made[0], made[2]) if isinstance(pdf, bytes)] == [
        "one",
        "three",
    ]
    assert isinstance(made[1], PdfNotDrawn)
    assert made[1].facts["engine"] == "libreoffice"
    assert list(tmp_path.iterdir()) == []


def test_a_template_is_filled_and_then_drawn(tmp_path: Path) -> None:
    engine = OfficeTemplate(lambda row: a_docx(p(f"Dear {row[0]}")), an_office(tmp_path))

    assert text_of(engine.pdf({0: "Ada"})) == "Dear Ada"
    engine.close()


def test_a_document_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    limits = OfficeLimits(start_seconds=0.0, document_seconds=0.05)
    office = an_office(tmp_path, limits)

    with pytest.raises(PdfNotDrawn) as refused:
        office.pdf(a_docx(p("x")))
    office.close()
    assert "longer than" in str(refused.value.facts["reason"])


async def test_it_works_behind_the_walls_of_a_child_process(tmp_path: Path) -> None:
    """Which withhold /tmp from it, but for the socket it cannot do without."""
    template, made = tmp_path / "letter.docx", tmp_path / "letter.pdf"
    template.write_bytes(a_docx(p("Dear {{ name }}")))
    options = {"pdf_engine": "libreoffice"}

    facts = await fill_once(template, {"name": "Ada"}, made, options)

    assert (facts["engine"], text_of(made.read_bytes())) == ("libreoffice", "Dear Ada")


async def test_it_asks_nobody_for_a_linked_picture_and_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"not for you")
    picture = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    inline = (
        '<w:r><w:drawing><wp:inline><wp:extent cx="127000" cy="127000"/>'
        '<wp:docPr id="{0}" name="x"/><a:graphic><a:graphicData uri="{1}">'
        '<pic:pic xmlns:pic="{1}"><pic:blipFill><a:blip r:link="l{0}"/></pic:blipFill></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    async with listening("127.0.0.1") as site:
        address = f"http://127.0.0.1:{site.port}/x.png"
        links = relationship("l1", "image", address, external=True)
        links += relationship("l2", "image", secret.as_uri(), external=True)
        body = p("text", inline.format(1, picture), inline.format(2, picture))
        office = an_office(tmp_path)
        pdf = office.pdf(a_docx(body, relationships=links))
        office.close()

    assert site.asked == []
    assert "text" in text_of(pdf)
