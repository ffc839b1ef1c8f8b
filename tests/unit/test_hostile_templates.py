"""Templates written to run, to explode or to confuse do none of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.docx.filler import Filler
from adapters.docx.options import FillOptions
from adapters.docx.template import compile_template
from domain.documents.rows import MissingPolicy
from domain.kernel.errors import DomainError
from word import a_docx, complex_field, control, p, paragraphs, run, table

CODE = '<w:r><w:instrText xml:space="preserve">{}</w:instrText></w:r>'
CHARACTER = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
PAYLOADS = [
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ self._TemplateReference__context }}",
    "{{ config.items() }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ x|attr('__class__') }}",
    "{{ 7*7 }}",
    "{{ [].append(1) }}",
    "{{ x.__class__ }}",
    "{% import os %}",
    "{% include '/etc/passwd' %}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "{% if ''.__class__ %}{% endif %}",
    "{% set x = cycler %}",
    "{% print(1) %}",
    "{{ range(10**9)|list }}",
    "{{ 'a' * 10**9 }}",
    "${T(java.lang.Runtime).getRuntime()}{{ x",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_code_in_a_template_is_an_error_and_never_runs(payload: str) -> None:
    template = compile_template(a_docx(p(payload.replace("&", "&amp;").replace("<", "&lt;"))))

    assert template.errors()


@pytest.mark.parametrize("name", ["items", "keys", "format", "cycler", "self", "config"])
def test_a_name_is_only_ever_looked_up_in_the_row(name: str) -> None:
    body = p("{{ x." + name + " }}")
    maker = Filler(compile_template(a_docx(body)), FillOptions(missing=MissingPolicy.BLANK))

    assert paragraphs(maker.fill({"x": {"a": 1}})) == [""]
    assert paragraphs(maker.fill({"x": "text"})) == [""]


def test_ten_thousand_tags_are_read_and_filled() -> None:
    body = "".join(p(f"{{{{ f{i} }}}} and {{{{ g{i} | upper }}}}") for i in range(5_000))

    template = compile_template(a_docx(body))
    document = Filler(template, FillOptions(missing=MissingPolicy.BLANK)).fill({"f1": "x"})

    assert len(template.fields) == 10_000
    assert paragraphs(document)[1] == "x and "


@pytest.mark.parametrize(
    "body",
    [
        p("{% if a %}x{% endif %}" * 2_000),
        p("{{ a }}" * 8_000),
        p(*(complex_field("MERGEFIELD a", "«a»") for _ in range(1_500))),
        p(*(control("a", run("x")) for _ in range(1_500))),
        p("{% for x in xs %}" * 7 + "{{ a }}" * 2_000 + "{% endfor %}" * 7),
        table(*(("{% if a %}", "x", "{% endif %}") for _ in range(1_500))),
        "".join(p("{% if a %}") + p("x") + p("{% endif %}") for _ in range(1_000)),
    ],
    ids=["ifs", "fields", "merge fields", "controls", "deep", "rows", "paragraphs"],
)
def test_thousands_in_one_place_are_no_trouble(body: str) -> None:
    template = compile_template(a_docx(body))
    maker = Filler(template, FillOptions(missing=MissingPolicy.BLANK))

    assert paragraphs(maker.fill({"a": "y", "xs": []})) is not None


def test_word_fields_nested_beyond_reason_are_refused() -> None:
    nested = CHARACTER.format("begin") + CODE.format("IF ")
    deep = nested * 5_000 + CHARACTER.format("end") * 5_000

    with pytest.raises(DomainError) as refused:
        compile_template(a_docx(p(deep)))

    assert refused.value.code == "documents.template-fields-too-deep"


def test_more_tags_than_any_document_has_are_refused() -> None:
    with pytest.raises(DomainError) as refused:
        compile_template(a_docx("".join(p("{{ a }}" * 100) for _ in range(201))))

    assert refused.value.code == "documents.too-many-tags"


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 20_000,
        "}}" * 20_000,
        "{%" * 20_000,
        "{" * 50_000,
        "{{ " + "a." * 20_000 + "b }}",
        "{{ a" + "|upper" * 20_000 + " }}",
        "{% if " + "(" * 5_000 + "a" + ")" * 5_000 + " %}x{% endif %}",
        "{% if " + "not " * 400 + "a %}x{% endif %}",
        '{{ "' * 10_000,
        "{% if a %}" * 2_000,
        "{% endif %}" * 2_000,
    ],
)
def test_a_long_mess_of_braces_is_told_and_not_endless(text: str) -> None:
    template = compile_template(a_docx(p(text)))

    assert template.problems


PIECES = st.sampled_from(
    [
        "{{", "}}", "{%", "%}", "{", "}", "%", " ", "a", "b.c", "for x in xs", "if a", "elif b",
        "else", "endif", "endfor", "|", "upper", "(", ")", '"', "x", "text", "\n", "tr ", "p ",
    ]
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(st.lists(PIECES, max_size=12), min_size=1, max_size=6), st.booleans())
def test_any_mess_is_told_or_filled_and_never_crashes(
    rows: list[list[str]],
    in_table: bool,  # noqa: FBT001
) -> None:
    shown = [p(*(run(piece) for piece in pieces)) for pieces in rows]
    body = table(*((cell, "x") for cell in shown)) if in_table else "".join(shown)

    template = compile_template(a_docx(body))

    if not template.errors():
        options = FillOptions(missing=MissingPolicy.BLANK)
        document = Filler(template, options).fill({"a": 1, "xs": [1, 2]})
        assert paragraphs(document) is not None


SIMPLE = '<w:fldSimple w:instr="{}"><w:r><w:t>x</w:t></w:r></w:fldSimple>'
WORD_PIECES = st.sampled_from(
    [
        *(run(text) for text in ("text", "{{a}}", "{% if a %}", "{% endif %}")),
        *(CHARACTER.format(kind) for kind in ("begin", "separate", "end")),
        *(CODE.format(code) for code in ("MERGEFIELD b ", " IF ", ' = "1" "y" "n"')),
        *(SIMPLE.format(code) for code in ("", "MERGEFIELD", "MERGEFIELD c")),
        complex_field("MERGEFIELD a", "«a»"),
        complex_field("PAGE", "1"),
        control("a", run("old")),
        control("b", "", ""),
        "<w:sdt/>",
        "<w:sdt><w:sdtPr/><w:sdtContent/></w:sdt>",
        "<w:bookmarkStart/>",
    ]
)


@settings(max_examples=150)
@given(st.lists(st.lists(WORD_PIECES, max_size=10), min_size=1, max_size=4))
def test_any_mess_of_word_fields_is_told_or_filled(rows: list[list[str]]) -> None:
    template = compile_template(a_docx("".join(p(*pieces) for pieces in rows)))

    if not template.errors():
        options = FillOptions(missing=MissingPolicy.BLANK)
        assert paragraphs(Filler(template, options).fill({"a": "1"})) is not None
