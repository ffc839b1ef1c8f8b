"""A compiled template and a row give a document that says what it should, byte for byte."""

import pickle
import zipfile
import zlib
from decimal import Decimal
from io import BytesIO

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapters.docx.filler import Filler, LocaleUnknown
from adapters.docx.limits import Limits
from adapters.docx.options import FillOptions
from adapters.docx.template import compile_template
from domain.documents.problems import TemplateHasErrors
from domain.documents.rows import DocumentTooLarge, MissingPolicy, RowInvalid
from word import W, a_docx, complex_field, control, member, p, paragraphs, run, table

HEADED = {"header": p("{{a}}"), "footnotes": f'<w:footnote w:id="2">{p("{{b}}")}</w:footnote>'}


def filler(body: str, options: FillOptions | None = None, **parts: str) -> Filler:
    return Filler(compile_template(a_docx(body, parts=parts)), options or FillOptions())


def filled(body: str, row: dict[str, object], **options: object) -> list[str]:
    document = filler(body, FillOptions(**options)).fill(row)  # type: ignore[arg-type]
    docx.Document(BytesIO(document))  # opens without complaint
    return paragraphs(document)


def test_values_stand_where_the_tags_stood_in_every_part() -> None:
    document = filler(p("Dear {{a}}, {{b}}!"), **HEADED).fill({"a": "Ada", "b": "hello"})

    assert paragraphs(document) == ["Dear Ada, hello!"]
    assert paragraphs(document, "word/header.xml") == ["Ada"]
    assert paragraphs(document, "word/footnotes.xml") == ["hello"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("R&D <b> ]]>", "R&D <b> ]]>"),
        ("one\ntwo\r\nthree\rfour", "one\ntwo\nthree\nfour"),
        ("a\tb", "a\tb"),
        ("  kept  ", "  kept  "),
        ("bell\x07 and \x00 nul \ufffe", "bell and  nul "),
        ("half \ud83d emoji", "half  emoji"),
        ("{{ other }} {% if %}", "{{ other }} {% if %}"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (Decimal("1.10"), "1.10"),
        (0, "0"),
        (["a", "b"], "a, b"),
    ],
)
@pytest.mark.parametrize("way", ["flat", "with loops"])
def test_any_value_is_text_and_never_markup(value: object, expected: str, way: str) -> None:
    body = p("<{{x}}>".replace("<", "&lt;").replace(">", "&gt;"))
    body += p("{% if x %}{% endif %}") if way == "with loops" else ""

    assert filled(body, {"x": value})[0] == f"<{expected}>"


@given(st.text())
def test_every_text_survives_but_for_what_xml_cannot_hold(text: str) -> None:
    document = FLAT.fill({"x": text or "-"})

    assert zipfile.ZipFile(BytesIO(document)).testzip() is None
    kept = "".join(sign for sign in text if sign in "\t\n\r" or _is_xml(sign))
    expected = kept.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isspace():
        assert paragraphs(document)[0] == f"[{expected if text else '-'}]"


def _is_xml(sign: str) -> bool:
    return sign >= " " and not "\ud800" <= sign <= "\udfff" and sign not in "\ufffe\uffff"


FLAT = Filler(compile_template(a_docx(p("[{{x}}]"))), FillOptions(missing=MissingPolicy.BLANK))


LOOPS = [
    (p("{% for i in xs %}{{i}};{% endfor %}"), {"xs": [1, 2]}, ["1;2;"]),
    (p("{% for i in xs %}{{loop.index}}{{i.a}}{% endfor %}"), {"xs": [{"a": "x"}]}, ["1x"]),
    (
        p("{% for i in xs %}") + p("{{i.a}}") + p("{% endfor %}") + p("end"),
        {"xs": [{"a": 1}, {"a": 2}]},
        ["1", "2", "end"],
    ),
    (
        table(("h",), ("{% for i in xs %}",), ("{{i}}",), ("{% endfor %}",)),
        {"xs": ["a", "b"]},
        ["h", "a", "b"],
    ),
    (
        p("{% for g in gs %}{{g.n}}:{% for i in g.xs %}{{i}}{% endfor %};{% endfor %}"),
        {"gs": [{"n": "a", "xs": [1, 2]}, {"n": "b", "xs": []}]},
        ["a:12;b:;"],
    ),
    (p("{% if a %}A{% elif b %}B{% else %}C{% endif %}"), {"b": 1}, ["B"]),
    (p("{% if a %}A{% elif b %}B{% else %}C{% endif %}"), {}, ["C"]),
    (p("{% if a and not b %}yes{% endif %}"), {"a": 1, "b": ""}, ["yes"]),
    (p("{% if n > 10 %}many{% endif %}"), {"n": "12"}, ["many"]),
    (p('{% if s == "x" or n >= 3 %}yes{% endif %}'), {"s": "y", "n": 3}, ["yes"]),
    (p("{% if paid %}paid{% else %}open{% endif %}"), {"paid": "no"}, ["open"]),
    (p("{% if a is defined %}1{% endif %}{% if b is not defined %}2{% endif %}"), {"a": 1}, ["12"]),
    (p('{% if "b" in xs %}yes{% endif %}'), {"xs": ["a", "b"]}, ["yes"]),
    (p("{% for i in xs %}{{i}}{% endfor %}"), {"xs": '["from", "a sheet"]'}, ["froma sheet"]),
    (p("{{ c.name.first }}"), {"c": {"name": {"first": "Ada"}}}, ["Ada"]),
    (p("{{ c.name }}"), {"c.name": "a column"}, ["a column"]),
    (p("{{ xs.1 }}"), {"xs": ["a", "b"]}, ["b"]),
]


@pytest.mark.parametrize(("body", "row", "expected"), LOOPS)
def test_loops_and_conditions(body: str, row: dict[str, object], expected: list[str]) -> None:
    assert filled(body, row) == expected


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        ('{{ x | date("d MMMM yyyy") }}', "2026-03-14", "14 March 2026"),
        ('{{ x | date("d MMMM yyyy", locale="fr") }}', "14/03/2026", "14 mars 2026"),
        ('{{ x | date("EEEE") }}', "14.3.2026", "Saturday"),
        ('{{ x | date("short", locale="de") }}', "2026-03-14", "14.03.26"),
        ('{{ x | time("HH:mm") }}', "2026-03-14T09:30", "09:30"),
        ("{{ x | number }}", "1234567.5", "1,234,567.5"),
        ('{{ x | number(2, locale="de") }}', 1234.5, "1.234,50"),
        ('{{ x | number("#,##0.0") }}', "12,5", "12.5"),
        ('{{ x | currency("EUR") }}', "1234.5", "€1,234.50"),
        ('{{ x | currency("EUR", locale="fr", decimals=0) }}', -1234, "-1\u202f234\xa0€"),
        ('{{ x | currency("JPY") }}', 1234, "¥1,234"),
        ("{{ x | percent(1) }}", 0.125, "12.5%"),
        ("{{ x | round(1) }}", "2.25", "2.3"),
        ("{{ x | upper }}", "straße", "STRASSE"),
        ("{{ x | title }}", "o'brien-smith", "O'brien-Smith"),
        ("{{ x | capitalize }}", "mcDonald", "McDonald"),
        ("{{ x | truncate(5) }}", "abcdefgh", "abcd…"),
        ('{{ x | replace("-", "/") }}', "1-2", "1/2"),
        ('{{ x | join(", ", last=" and ") }}', ["a", "b", "c"], "a, b and c"),
        ("{{ x | length }}", ["a", "b"], "2"),
        ("{{ x | first }}{{ x | last }}", ["a", "b"], "ab"),
        ('{{ x | yesno("ja", "nein") }}', "no", "nein"),
        ("{{ x | checkbox }}", True, "☒"),
        ('{{ x | default("none") }}', "", "none"),
        ('{{ x | currency("EUR") | default("n/a") }}', None, "n/a"),
        ("{{ x | e }}", "<", "<"),
        ("{{ “typed” }}", "", "typed"),
    ],
)
def test_filters(tag: str, value: object, expected: str) -> None:
    assert filled(p(tag), {"x": value}) == [expected]


@pytest.mark.parametrize(
    ("tag", "row", "code"),
    [
        ("{{ x }}", {}, "documents.value-missing"),
        ("{{ x }}", {"x": "  "}, "documents.value-missing"),
        ("{{ x | date }}", {"x": "31 February 2026"}, "documents.value-not-a-date"),
        ("{{ x | date }}", {"x": "2026-13-01"}, "documents.value-not-a-date"),
        ('{{ x | currency("EUR") }}', {"x": "a lot"}, "documents.value-not-a-number"),
        ('{{ x | currency("EUR") }}', {"x": "12,34,5"}, "documents.value-not-a-number"),
        ("{{ x | number }}", {"x": "NaN"}, "documents.value-not-a-number"),
        ("{{ x }}", {"x": {"a": 1}}, "documents.value-not-text"),
        ("{% for i in x %}{% endfor %}", {"x": "text"}, "documents.value-not-a-list"),
    ],
)
def test_what_is_wrong_with_a_row_has_a_code(tag: str, row: dict[str, object], code: str) -> None:
    with pytest.raises(RowInvalid) as refused:
        filled(p(tag), row)

    assert [problem.code for problem in refused.value.problems] == [code]
    assert refused.value.problems[0].field == "x"


def test_all_problems_of_a_row_are_told_with_their_place_in_lists() -> None:
    body = p("{{ a }}{% for i in xs %}{{ i.d | date }}{% endfor %}")

    problems = filler(body).check({"xs": [{"d": "2026-01-01"}, {"d": "soon"}]})

    assert [(problem.field, problem.code) for problem in problems] == [
        ("a", "documents.value-missing"),
        ("xs[2].d", "documents.value-not-a-date"),
    ]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(MissingPolicy.BLANK, "Dear , M."), (MissingPolicy.KEEP, "Dear {{ name }}, «merge»M.")],
)
def test_a_missing_value_is_blank_or_keeps_its_tag(policy: MissingPolicy, expected: str) -> None:
    body = p("Dear {{ name }}, ", complex_field("MERGEFIELD merge", "x"), "M.")

    assert filled(body, {}, missing=policy) == [expected]


def test_a_value_missing_in_a_branch_not_taken_is_no_problem() -> None:
    body = p("{% if company %}{{ vat }}{% endif %}x")

    assert filled(body, {}) == ["x"]
    with pytest.raises(RowInvalid):
        filled(body, {"company": "Acme"})


def test_edited_fields_decide_what_is_required_and_by_default() -> None:
    template = compile_template(a_docx(p("{{ a }}-{{ b }}")))
    from dataclasses import replace

    edited = (
        replace(template.fields[0], required=False),
        replace(template.fields[1], default="d"),
    )

    document = Filler(template, FillOptions(fields=edited)).fill({})

    assert paragraphs(document) == ["-d"]


def test_a_cell_left_without_text_keeps_a_paragraph_and_an_empty_table_goes() -> None:
    emptied = table((p("{% if a %}") + p("x") + p("{% endif %}"), "y"))
    gone = table(("{% for i in xs %}",), ("{{ i }}",), ("{% endfor %}",))

    document = filler(emptied + gone).fill({})

    root = etree.fromstring(member(document, "word/document.xml"))
    cells = list(root.iter(f"{{{W}}}tc"))
    assert [cell[-1].tag for cell in cells] == [f"{{{W}}}p"] * 2
    assert len(list(root.iter(f"{{{W}}}tbl"))) == 1


def test_a_row_left_without_cells_goes_and_its_table_with_it() -> None:
    row = ("{%tc for i in xs %}", "{{ i }}", "{%tc endfor %}")

    assert filled(table(row), {}) == []
    assert filled(table(row, ("kept",)), {}) == ["kept"]
    assert filled(table(row), {"xs": ["a", "b"]}) == ["a", "b"]


def test_what_may_exist_once_only_does_not_go_round() -> None:
    drawing = '<w:r><w:drawing><wp:inline><wp:docPr id="7" name="x"/></wp:inline></w:drawing></w:r>'
    mark = '<w:bookmarkStart w:id="1" w:name="b"/>'
    body = p(drawing) + p("{% for i in xs %}", drawing, mark, "{{ i }}{% endfor %}")

    document = filler(body).fill({"xs": [1, 2, 3]})

    root = etree.fromstring(member(document, "word/document.xml"))
    numbers = [element.get("id") for element in root.iter("{*}docPr")]
    assert len(set(numbers)) == len(numbers) == 4
    assert not list(root.iter(f"{{{W}}}bookmarkStart"))


def test_controls_are_filled_and_their_boxes_checked() -> None:
    box = (
        '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="2612"/>'
        '<w14:uncheckedState w14:val="2610"/></w14:checkbox>'
    )
    date = '<w:date w:fullDate="2020-01-01"><w:dateFormat w:val="dd/MM/yyyy"/></w:date>'
    body = p(
        control("name", run("old")), " ", control("ok", run("☐"), box), " ",
        control("day", run("then"), date),
    )  # fmt: skip

    assert filled(body, {"name": "Ada", "ok": "yes", "day": "2026-03-14"}) == ["Ada ☒ 14/03/2026"]
    assert filled(body, {}) == ["old ☐ then"]


def test_values_inside_a_fields_code_cannot_leave_it() -> None:
    character = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    link = (
        character.format("begin")
        + '<w:r><w:instrText> HYPERLINK "https://x/</w:instrText></w:r>'
        + complex_field("MERGEFIELD id", "x")
        + '<w:r><w:instrText>" </w:instrText></w:r>'
        + character.format("end")
    )

    document = filler(p(link)).fill({"id": '1" \\o DDEAUTO "'})

    root = etree.fromstring(member(document, "word/document.xml"))
    code = "".join(root.itertext(f"{{{W}}}instrText"))
    assert code == ' HYPERLINK "https://x/1 o DDEAUTO " '


@pytest.mark.parametrize("presegment", [True, False])
@pytest.mark.parametrize("deflate", ["libdeflate", "isal", "zlib", "not there"])
def test_every_way_to_deflate_says_the_same(presegment: bool, deflate: str) -> None:  # noqa: FBT001
    options = FillOptions(deflate=deflate, presegment=presegment)
    body = p("{{a}} and {{b}}") * 30

    document = filler(body, options, **HEADED).fill({"a": "é" * 40_000, "b": ""} | {"b": "-"})

    archive = zipfile.ZipFile(BytesIO(document))
    assert archive.testzip() is None
    assert archive.namelist()[0] == "[Content_Types].xml"
    assert paragraphs(document)[0] == "é" * 40_000 + " and -"


def test_the_same_row_gives_the_same_bytes_again_and_elsewhere() -> None:
    template = compile_template(a_docx(p("{{a}}"), parts=HEADED))
    row = {"a": "x", "b": "y"}

    first = Filler(template).fill(row)
    second = Filler(pickle.loads(pickle.dumps(template))).fill(row)

    assert first == second


@pytest.mark.parametrize("body", [p("{{a}}{{b}}"), p("{{a}}{{b}}{% if a %}{% endif %}")])
def test_prefix_and_tail_make_the_document(body: str) -> None:
    maker = filler(body, **HEADED)
    row = {"a": "x", "b": "y"}

    tail = maker.tail(row)

    whole = maker.prefix + tail.content
    assert whole == maker.fill(row) == maker.fill_bindings(maker.evaluate(row))
    assert (tail.size, tail.crc) == (len(whole), zlib.crc32(whole))


def test_a_template_with_errors_is_not_filled() -> None:
    with pytest.raises(TemplateHasErrors):
        filler(p("{{ x"))


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(LocaleUnknown):
        filler(p("{{ x }}"), FillOptions(locale="klingon"))


def test_loops_have_an_end() -> None:
    template = compile_template(
        a_docx(p("{% for i in xs %}{% for j in xs %}x{% endfor %}{% endfor %}")),
        limits=Limits(iterations=1_000),
    )

    with pytest.raises(DocumentTooLarge):
        Filler(template).fill({"xs": list(range(40))})


@pytest.mark.parametrize("tag", ["{% for i in xs %}{{ i }}{% endfor %}", "{{ xs }}"])
def test_documents_have_a_largest_size(tag: str) -> None:
    template = compile_template(a_docx(p(tag)), limits=Limits(output=100_000))

    with pytest.raises(DocumentTooLarge):
        Filler(template).fill({"xs": ["x" * 10_000] * 20})
