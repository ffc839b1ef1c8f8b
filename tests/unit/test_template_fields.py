"""What a template asks for is found out: names, kinds, what is required, and a schema of a row."""

import pytest

from adapters.docx.annotate import annotate
from adapters.docx.filler import Filler
from adapters.docx.template import CompiledTemplate, compile_template
from domain.documents.fields import TemplateField, row_schema
from domain.documents.marks import FieldKind
from word import a_docx, complex_field, control, member, p, paragraphs, replaced, run, table


def compiled(body: str, **parts: str) -> CompiledTemplate:
    return compile_template(a_docx(body, parts=parts))


def only(body: str) -> TemplateField:
    (found,) = compiled(body).fields
    return found


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("{{ x }}", FieldKind.TEXT),
        ("{{ x | upper }}", FieldKind.TEXT),
        ('{{ x | date("d.M.") }}', FieldKind.DATE),
        ("{{ x | number }}", FieldKind.NUMBER),
        ('{{ x | currency("EUR") }}', FieldKind.CURRENCY),
        ("{{ x }} {{ x | number }}", FieldKind.NUMBER),
        ("{{ x | image }}", FieldKind.IMAGE),
        ("{{ x | link }}", FieldKind.LINK),
        ("{{ x | join }}", FieldKind.LIST),
        ("{% if x %}a{% endif %}", FieldKind.BOOLEAN),
        ("{% if not x or x %}a{% endif %}", FieldKind.BOOLEAN),
        ("{% if x %}{{ x }}{% endif %}", FieldKind.TEXT),
        ("{% if x > 3 %}a{% endif %}", FieldKind.NUMBER),
        ("{% if x == 'a' %}a{% endif %}", FieldKind.TEXT),
        ("{% for i in x %}{{ i }}{% endfor %}", FieldKind.LIST),
        ("{{ x | checkbox }}", FieldKind.BOOLEAN),
    ],
)
def test_kinds_are_inferred(tag: str, kind: FieldKind) -> None:
    assert only(p(tag.replace(">", "&gt;"))).kind is kind


@pytest.mark.parametrize(
    ("body", "required", "conditional", "default"),
    [
        (p("{{ x }}"), True, False, None),
        (p('{{ x | default("-") }}'), False, False, "-"),
        (p("{% if x %}{{ x }}{% endif %}"), False, False, None),
        (p("{% if x %}y{% endif %}"), False, False, None),
        (p(control("x", run("old"))), False, False, "old"),
        (p(complex_field("MERGEFIELD x", "«x»")), True, False, None),
    ],
)
def test_what_is_required_is_inferred(
    body: str,
    required: bool,  # noqa: FBT001
    conditional: bool,  # noqa: FBT001
    default: str | None,
) -> None:
    found = only(body)

    assert (found.required, found.conditional, found.default) == (required, conditional, default)


def test_a_field_only_asked_for_in_a_branch_is_conditional() -> None:
    fields = {field.name: field for field in compiled(p("{% if a %}{{ b }}{% endif %}")).fields}

    assert (fields["b"].required, fields["b"].conditional) == (True, True)


def test_lists_know_the_fields_of_their_items() -> None:
    body = table(
        ("{% for line in order.lines %}", ""),
        ("{{ line.name }}", "{% for tag in line.tags %}{{ tag }}{{ loop.index }}{% endfor %}"),
        ("{% endfor %}", ""),
    )

    found = only(body)

    assert (found.name, found.kind) == ("order.lines", FieldKind.LIST)
    assert [(field.name, field.kind) for field in found.fields] == [
        ("name", FieldKind.TEXT),
        ("tags", FieldKind.LIST),
    ]
    assert [(field.name, field.kind) for field in found.fields[1].fields] == [("", FieldKind.TEXT)]


def test_fields_know_where_they_occur() -> None:
    template = compiled(p("Dear {{ name }},") + p("{{ name }}"), header=p("for {{ name }}"))

    (found,) = template.fields
    assert found.count == 3
    assert [(place.part, place.paragraph, place.text) for place in found.places] == [
        ("word/document.xml", 0, "Dear {{ name }},"),
        ("word/document.xml", 1, "{{ name }}"),
        ("word/header.xml", 0, "for {{ name }}"),
    ]


def test_the_schema_of_a_row_nests_groups_and_lists() -> None:
    template = compiled(
        p("{{ a }}{{ c.name }}{{ c.born | date }}")
        + p("{% for i in xs %}{{ i.n | number }}{% endfor %}")
    )

    schema = row_schema(template.fields)

    assert schema["required"] == ["a", "c"]
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert properties["c"]["properties"]["born"]["format"] == "date"
    assert properties["c"]["required"] == ["name", "born"]
    assert properties["xs"]["items"]["properties"]["n"]["type"] == ["number", "string"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (p('{{ x | date("%d/%m/%Y") }}'), "documents.filter-argument"),
        (p('{{ x | date("dd. of MMMM") }}'), "documents.filter-argument"),
        (p('{{ x | date("d", locale="klingon") }}'), "documents.filter-argument"),
        (p('{{ x | currency("EURO") }}'), "documents.filter-argument"),
        (p("{{ loop.index }}"), "documents.variable-outside-loop"),
        (p("{% if a %}{{ a | image }}{% endif %}{% if b | image %}{% endif %}"),
         "documents.filter-argument"),
    ],
)  # fmt: skip
def test_formats_that_do_not_exist_are_told_at_upload(body: str, code: str) -> None:
    assert [problem.code for problem in compiled(body).errors()] == [code]


def test_odd_things_are_warnings() -> None:
    template = compiled(p("{% for i in xs %}{{ i }}{% endfor %}{{ i.name }}"))

    assert not template.errors()
    assert [problem.code for problem in template.problems] == ["documents.variable-outside-loop"]


def test_problems_come_in_the_order_of_the_text() -> None:
    template = compiled(
        p('{{ a | currency("EURO") }}') + p("{{ b") + p("{{ c | uper }}"), header=p("}} {{ x")
    )

    assert [problem.tag for problem in template.problems] == [
        '{{ a | currency("EURO") }}', "{{ b", "{{ c | uper }}", "{{ x", "}}",
    ]  # fmt: skip


def test_the_template_comes_back_with_a_comment_at_each_problem() -> None:
    data = a_docx(p("fine") + p("Dear {{ x"), parts={"header": p("{% if a %}")})
    problems = compile_template(data).problems

    annotated = annotate(data, problems)

    told = paragraphs(annotated, "word/comments.xml")
    assert [line for line in told if line.startswith(("Error", "In "))] == [
        "Error: {% if a %} is never closed.",
        "In word/header.xml: {% if a %}",
        "Error: A tag is opened and not closed in its paragraph.",
    ]
    assert paragraphs(annotated) == ["fine", "Dear {{ x"]
    again = compile_template(annotated)
    assert [problem.code for problem in again.errors()] == [problem.code for problem in problems]
    assert b"commentRange" not in again.prefix


def test_our_comments_are_gone_from_a_template_that_was_corrected() -> None:
    data = a_docx(
        p("Dear {{ x"), parts={"comments": f'<w:comment w:id="4">{p("kept")}</w:comment>'}
    )
    annotated = annotate(data, compile_template(data).problems)
    body = member(annotated, "word/document.xml").replace(b"{{ x", b"{{ x }}")

    corrected = compile_template(replaced(annotated, {"word/document.xml": body}))

    document = Filler(corrected).fill({"x": "Ada"})
    assert paragraphs(document) == ["Dear Ada"]
    assert paragraphs(document, "word/comments.xml") == ["kept"]
    assert b"commentReference" not in member(document, "word/document.xml")


def test_comments_join_those_already_there() -> None:
    existing = f'<w:comment w:id="4">{p("an old remark")}</w:comment>'
    data = a_docx(p("{{ x"), parts={"comments": existing})

    annotated = annotate(data, compile_template(data).problems)

    assert paragraphs(annotated, "word/comments.xml")[:2] == [
        "an old remark",
        "Error: A tag is opened and not closed in its paragraph.",
    ]


def test_a_template_without_fields_is_a_document_already() -> None:
    data = a_docx(p("nothing to fill"))

    assert paragraphs(Filler(compile_template(data)).fill({})) == ["nothing to fill"]
