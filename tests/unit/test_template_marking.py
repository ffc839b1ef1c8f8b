"""Tags become marks, at the level where they act, whatever Word did to their runs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapters.docx.marked import MarkedPart, MarkedTemplate, mark_template
from domain.documents.marks import ConditionMark, FieldMark, LoopMark
from word import W, a_docx, p, run, table, texts


def marked(body: str, **parts: str) -> MarkedTemplate:
    return mark_template(a_docx(body, parts=parts))


def shape(part: MarkedPart) -> str:
    """A part's block structure in brief: p, tr, tc, [n open, |n branch, n] close, =n field."""
    return " ".join(_shape(part.root))


def _shape(element: etree._Element) -> list[str]:
    found: list[str] = []
    for child in element:
        name = etree.QName(child).localname
        if child.tag.startswith("{urn:atelier"):
            n = child.get("n")
            signs = {"open": f"[{n}", "branch": f"|{n}", "close": f"{n}]", "field": f"={n}"}
            found.append(signs[name])
        elif name in {"tbl", "tr", "tc", "p"}:
            found.append(f"{name}({' '.join(_shape(child))})")
        else:
            found += _shape(child)
    return found


def codes(template: MarkedTemplate) -> list[str]:
    return [problem.code for problem in template.problems]


def test_a_field_stands_where_its_text_stood() -> None:
    template = marked(p("Dear {{ name }}, hello"))

    assert texts(template.parts[0].root)[0] == "Dear <0>, hello"
    assert isinstance(template.marks[0], FieldMark)
    assert template.marks[0].source == "{{ name }}"


@pytest.mark.parametrize(
    "pieces",
    [
        ("{", "{ na", "me }", "}"),
        ("{{", "name", "}}"),
        ("a {{n", "am", "e}} b"),
        ("{{na", "", "me}}"),
    ],
)
def test_a_field_cut_over_runs_is_one_field_with_the_first_runs_look(
    pieces: tuple[str, ...],
) -> None:
    looks = ["<w:b/>", "<w:i/>", "<w:u/>", "<w:strike/>"]
    noise = '<w:proofErr w:type="spellStart"/><w:bookmarkStart w:id="1" w:name="x"/>'
    body = p(*(run(text, look) + noise for text, look in zip(pieces, looks, strict=False)))

    template = marked(body)

    assert [str(mark.expression.operand) for mark in template.marks] == ["name"]
    field = next(template.parts[0].root.iter("{urn:atelier:template}field"))
    assert field.getparent().find(f"{{{W}}}rPr/{{{W}}}b") is not None
    assert texts(template.parts[0].root)[0].strip("ab ") == "<0>"


def test_two_fields_may_share_and_split_runs() -> None:
    template = marked(p("{{a}}{{b}} {{", "c}}{{d", "}}{{e}}"))

    assert texts(template.parts[0].root)[0] == "<0><1> <2><3><4>"


@pytest.mark.parametrize(
    "pieces", [("{{a", "}} b {{c}}"), ("{{a", "}}{{b}}{{", "c}}."), ("{{", "a}}{{", "b}}{{", "c}}")]
)
def test_a_run_may_end_one_field_and_begin_another(pieces: tuple[str, ...]) -> None:
    shown = texts(marked(p(*pieces)).parts[0].root)[0]

    assert shown in {"<0> b <1>", "<0><1><2>.", "<0><1><2>"}


SENTENCE = "a {{b}}{{ c | upper }}, {% if d %}{{e}}{% else %}f{% endif %} {# g #}{{h}}"


@given(st.sets(st.integers(1, len(SENTENCE) - 1)))
def test_where_runs_are_cut_makes_no_difference(cuts: set[int]) -> None:
    places = [0, *sorted(cuts), len(SENTENCE)]
    pieces = [SENTENCE[start:end] for start, end in pairwise(places)]

    template = marked(p(*(run(piece) for piece in pieces)))

    assert texts(template.parts[0].root)[0] == "a <0><1>, <2>f <3>"
    assert shape(template.parts[0]) == "p(=0 =1 [4 =2 |4 4] =3)"


def test_deleted_text_is_no_field_and_inserted_text_is() -> None:
    deleted = '<w:del w:id="1"><w:r><w:delText>{{gone}}</w:delText></w:r></w:del>'
    moved = f'<w:moveFrom w:id="2">{run("{{moved}}")}</w:moveFrom>'
    inserted = f'<w:ins w:id="3">{run("{{came}}")}</w:ins>'

    template = marked(p("x", deleted, moved, inserted))

    assert [mark.source for mark in template.marks] == ["{{came}}"]


def test_numbers_run_over_all_parts() -> None:
    note = f"<w:footnote>{p('{{c}}')}</w:footnote>"

    template = marked(p("{{a}}"), header=p("{{b}}"), footnotes=note)

    assert [(part.name, [mark.n for mark in part.marks]) for part in template.parts] == [
        ("word/document.xml", [0]),
        ("word/header.xml", [1]),
        ("word/footnotes.xml", [2]),
    ]


def test_both_branches_of_alternate_content_are_filled() -> None:
    box = "<w:txbxContent>" + p("{{inside}}") + "</w:txbxContent>"
    drawing = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><wps:txbx>{box}</wps:txbx>'
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )

    template = marked(p("{{outside}}", drawing))

    assert [mark.source for mark in template.marks] == [
        "{{outside}}",
        "{{inside}}",
        "{{inside}}",
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (p("{% if a %}x{% endif %}"), "p([0 0])"),
        (p("x {% if a %}", "{{b}}", "{% else %}y{% endif %}"), "p([1 =0 |1 1])"),
        (p("{% for i in xs %}") + p("{{i}}") + p("{% endfor %}"), "[1 p(=0) 1]"),
        (
            p("{% if a %}") + p("1") + p("{% else %}") + p("2") + p("{% endif %}"),
            "[0 p() |0 p() 0]",
        ),
        (p("{%p if a %}") + p("1") + p("{%p endif %}"), "[0 p() 0]"),
        (p("{% if a %}one") + p("two{% endif %}"), "[0 p() p() 0]"),
        (
            table(("{% for i in xs %}", ""), ("{{i.a}}", "{{i.b}}"), ("{% endfor %}", "")),
            "tbl([2 tr(tc(p(=0)) tc(p(=1))) 2])",
        ),
        (
            table(("{%tr for i in xs %}", ""), ("{{i.a}}", "x"), ("{%tr endfor %}", "")),
            "tbl([1 tr(tc(p(=0)) tc(p())) 1])",
        ),
        (
            table(("head", ""), ("{% for i in xs %}{{i.a}}", "{{i.b}}{% endfor %}")),
            "tbl(tr(tc(p()) tc(p())) [2 tr(tc(p(=0)) tc(p(=1))) 2])",
        ),
        (table(("{%tc for i in xs %}", "{{i}}", "{%tc endfor %}")), "tbl(tr([1 tc(p(=0)) 1]))"),
        (
            p("{% for a in as %}{% if a.b %}") + p("{{a}}") + p("{% endif %}{% endfor %}"),
            "[1 [2 p(=0) 2] 1]",
        ),
        (
            p("{% if a %}x") + p("y{% endif %}") + p("{% if b %}y") + p("z{% endif %}"),
            "[0 p() p() 0] [1 p() p() 1]",
        ),
    ],
)
def test_a_block_acts_where_its_tags_stand(body: str, expected: str) -> None:
    template = marked(body)

    assert not template.problems
    assert shape(template.parts[0]) == expected


def test_marks_know_the_block_around_them() -> None:
    template = marked(
        p("{% for x in xs %}{% if x.a %}{{x.b}}{% else %}{{x.c}}{% endif %}{% endfor %}")
    )
    by_source = {mark.source: mark for mark in template.marks}
    loop, condition = by_source["{% for x in xs %}"], by_source["{% if x.a %}"]

    assert isinstance(loop, LoopMark)
    assert isinstance(condition, ConditionMark)
    assert (condition.parent, condition.branch) == (loop.n, 0)
    assert (by_source["{{x.b}}"].parent, by_source["{{x.b}}"].branch) == (condition.n, 0)
    assert (by_source["{{x.c}}"].parent, by_source["{{x.c}}"].branch) == (condition.n, 1)


def test_a_paragraph_with_a_section_break_outlives_its_tag() -> None:
    section = "<w:p><w:pPr><w:sectPr/></w:pPr>" + run("{% endif %}") + "</w:p>"

    template = marked(p("{% if a %}") + p("x") + section)

    assert shape(template.parts[0]) == "[0 p() 0] p()"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (p("{{ x }"), ["tag-unclosed"]),
        (p("{ x }}"), ["tag-unopened"]),
        (p("{{ x } and {{ y }}"), ["tag-unclosed"]),
        (p("{{ x") + p("}}"), ["tag-unclosed", "tag-unopened"]),
        (p("{% for x in xs %}{% enfor %}"), ["statement-unknown"]),
        (p("{% if a %}"), ["block-unclosed"]),
        (p("{% endif %}"), ["block-unopened"]),
        (p("{% else %}"), ["block-unopened"]),
        (p("{% if a %}{% else %}{% else %}{% endif %}"), ["block-unopened"]),
        (p("{% if a %}{% for b in c %}{% endif %}"), ["block-unclosed"]),
        (p("x {% if a %} y") + p("{% endif %}"), ["block-position"]),
        (p("{% if a %}") + table((p("x{% endif %}y"), "y")), ["block-position"]),
        (table(("a", "{% for i in xs %}"), ("{% endfor %}", "b")), ["block-position"]),
        (table(("a{% if b %}", "c{% endif %}", "d")), ["block-crosses"]),
        (p("{{ x|shout }}"), ["filter-unknown"]),
        (p("{{ x|truncate }}"), ["filter-argument"]),
        (p('{{ x|image(width="big") }}'), ["filter-argument"]),
        (p("{{ x.__class__ }}"), ["name-private"]),
        (p("{{ x() }}"), ["tag-calls"]),
        (p("{{ 1 + 1 }}"), ["tag-unreadable"]),
        (p("{{ }}"), ["tag-unreadable"]),
        (p("{% set x = 1 %}"), ["statement-unknown"]),
    ],
)
def test_every_mistake_has_its_code(body: str, expected: list[str]) -> None:
    assert codes(marked(body)) == [f"documents.{code}" for code in expected]


def test_all_mistakes_are_told_at_once_and_where_they_are() -> None:
    template = marked(p("fine") + p("Dear {{ x }") + p("{{ y|uper }}"), header=p("{% if a %}"))

    assert [
        (problem.place.part, problem.place.paragraph, problem.place.text, problem.tag)
        for problem in template.problems
        if problem.place
    ] == [
        ("word/document.xml", 1, "Dear {{ x }", "{{ x }"),
        ("word/document.xml", 2, "{{ y|uper }}", "{{ y|uper }}"),
        ("word/header.xml", 0, "{% if a %}", "{% if a %}"),
    ]
    assert "upper" in template.problems[1].hint


def test_blocks_nested_beyond_reason_are_refused() -> None:
    deep = "{% if a %}" * 30 + "x" + "{% endif %}" * 30

    assert set(codes(marked(p(deep)))) == {"documents.block-depth"}


def test_braces_that_are_no_tag_are_left_alone() -> None:
    template = marked(p('code: {"a": {"b": 1}} and { c }'))

    assert [problem.is_error() for problem in template.problems] == [False]
    assert texts(template.parts[0].root)[0] == 'code: {"a": {"b": 1}} and { c }'


def test_marks_smuggled_into_a_template_are_dropped() -> None:
    smuggled = '<w:r><x:field xmlns:x="urn:atelier:template" n="7"/></w:r>'

    template = marked(p("a", smuggled, "{{b}}"))

    assert texts(template.parts[0].root)[0] == "a<0>"
