"""Real documents of others: each is accepted or refused with its code, and says what it should.

Where a document has tags, docxtpl fills it with the same row and must say the same; where it has
none, it must come out saying what it said. The packages are downloaded once; without them these
tests fail, for a test that is not run proves nothing.
"""

import re
import zipfile
from io import BytesIO

import pytest
from docx import Document
from docxtpl import DocxTemplate

from adapters.docx.filler import Filler
from adapters.docx.options import FillOptions, TemplateOptions
from adapters.docx.template import CompiledTemplate, compile_template
from domain.documents.fields import TemplateField
from domain.documents.marks import FieldKind
from domain.documents.rows import MissingPolicy, RowInvalid
from real_documents import NotFetched, real_documents
from word import paragraphs

AT_LEAST = 100
TAGS_ONLY = TemplateOptions(content_controls=False, merge_fields=False)
BLANK = FillOptions(missing=MissingPolicy.BLANK)

# Written for interpreters that run code in templates; what is told of them, all of it.
CALLS, READ = "documents.tag-calls", "documents.tag-unreadable"
FILTER, STATEMENT = "documents.filter-unknown", "documents.statement-unknown"
WITH_ERRORS = {
    "al_basic_addendum.docx": {CALLS, READ},
    "contract.docx": {CALLS, FILTER, STATEMENT},
    "declaration_certificate_service.docx": {CALLS},
    "declaration_of_favorite_fruit.docx": {CALLS},
    "exhibit_insert.docx": {CALLS},
    "exhibit_table_of_contents.docx": {CALLS, STATEMENT},
    "fixture_warning_positive_sdt_databinding.docx": {CALLS, READ},
    "general_cover_sheet.docx": {CALLS, READ},
    "graph.docx": {CALLS},
    "logo_template.docx": {CALLS},
    "made_up_variables.docx": {CALLS},
    "main_doc_params.docx": {CALLS},
    "main_document.docx": {CALLS},
    "nested_list_table.docx": {CALLS, FILTER, READ, "documents.filter-argument"},
    "numbering_template.docx": {READ},
    "output-checkbox.docx": {CALLS},
    "pkg_scanner_report.docx": {CALLS, READ},
    "redact_demo.docx": {CALLS},
    "sample_word_template.docx": {CALLS},
    "table-addendum.docx": {CALLS, READ, STATEMENT},
    "team.docx": {CALLS, STATEMENT},
    "test_catchall.docx": {FILTER},
    "test_if_final.docx": {FILTER},
    "text-addendum-to-docx.docx": {FILTER},
    "text-addendum-to-pdf.docx": {FILTER},
    "universal-test.docx": {CALLS},
    "valid_word_invalid_jinja.docx": {READ},
}
# docxtpl writes a value of {{r x}} or {{p x}} as raw XML, which plain text is not.
RAW = {"life_story.docx", "markdown_template_demo.docx", "signature_template.docx"}
# One variable is looped over and printed, too: docassemble's lists are objects that do both.
TWO_IN_ONE = {"fruit_declaration.docx"}


@pytest.fixture(scope="module")
def documents() -> list[tuple[str, bytes]]:
    try:
        found = list(real_documents())
    except NotFetched as missing:
        pytest.fail(str(missing))
    return found


def test_there_are_enough_of_them(documents: list[tuple[str, bytes]]) -> None:
    assert len(documents) >= AT_LEAST
    assert len({name for name, _ in documents}) == len(documents)


def test_each_is_accepted_or_its_mistakes_are_told(documents: list[tuple[str, bytes]]) -> None:
    told = {}
    for name, content in documents:
        template = compile_template(content)
        codes = {problem.code for problem in template.errors()}
        if codes:
            told[name.rsplit("/", 1)[-1]] = codes
        else:
            _opens_everywhere(Filler(template, BLANK).fill({}))

    assert told == WITH_ERRORS


def test_each_says_what_it_should(documents: list[tuple[str, bytes]]) -> None:
    compared = 0
    for name, content in documents:
        template = compile_template(content, TAGS_ONLY)
        file = name.rsplit("/", 1)[-1]
        if template.errors() or file in TWO_IN_ONE:
            continue
        row = a_row(template.fields)
        ours = Filler(template, BLANK).fill(row)
        if not template.marks:
            expected = text(content, template)
        else:
            plain = without_raw(content) if file in RAW else content
            expected = text(by_docxtpl(plain, row), template)
        assert text(ours, template) == expected, name
        compared += 1

    assert compared >= AT_LEAST - len(WITH_ERRORS) - len(TWO_IN_ONE)


def test_what_is_both_a_list_and_a_text_is_told_with_the_row(
    documents: list[tuple[str, bytes]],
) -> None:
    content = next(content for name, content in documents if name.endswith(tuple(TWO_IN_ONE)))
    template = compile_template(content, TAGS_ONLY)

    with pytest.raises(RowInvalid) as refused:
        Filler(template, BLANK).fill(a_row(template.fields))

    assert {problem.code for problem in refused.value.problems} == {"documents.value-not-text"}


def by_docxtpl(content: bytes, row: dict[str, object]) -> bytes:
    template = DocxTemplate(BytesIO(content))
    template.render(row, autoescape=True)
    buffer = BytesIO()
    template.save(buffer)
    return buffer.getvalue()


def text(document: bytes, template: CompiledTemplate) -> list[str]:
    """Paragraphs with something in them; which part is the document's differs between writers."""
    names = zipfile.ZipFile(BytesIO(document)).namelist()
    main = next(
        (part.name for part in template.parts if "document" in part.name), "word/document.xml"
    )
    found = main if main in names else next(name for name in names if "document" in name)
    return [" ".join(line.split()) for line in paragraphs(document, found) if line.strip()]


def without_raw(content: bytes) -> bytes:
    document = Document(BytesIO(content))
    for paragraph in document.paragraphs:
        paragraph.text = re.sub(r"\{\{[rp] ", "{{ ", paragraph.text)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def a_row(fields: tuple[TemplateField, ...], item: int = 1) -> dict[str, object]:
    """A value for every field: its name in angle brackets, lists of two."""
    row: dict[str, object] = {}
    for field in fields:
        *groups, name = field.name.split(".")
        home = row
        for group in groups:
            inner = home.setdefault(group, {})
            home = inner if isinstance(inner, dict) else {}  # a text with parts: left a text
        home.setdefault(name, _value(field, item))
    return row


def _value(field: TemplateField, item: int) -> object:
    if field.kind is FieldKind.LIST:
        if field.fields and not field.fields[0].name:
            return [_value(field.fields[0], at) for at in (1, 2)]
        return [a_row(field.fields, at) for at in (1, 2)]
    values: dict[FieldKind, object] = {
        FieldKind.BOOLEAN: True,
        FieldKind.NUMBER: 7 * item,
        FieldKind.CURRENCY: 7 * item,
        FieldKind.DATE: "2026-03-14",
    }
    return values.get(field.kind, f"<{field.name.rsplit('.', 1)[-1]} {item}>")


def _opens_everywhere(document: bytes) -> None:
    assert zipfile.ZipFile(BytesIO(document)).testzip() is None
    Document(BytesIO(document))
