"""Merge fields, Word's IF, content controls and form fields are fields like any other."""

import pytest
from lxml import etree

from adapters.docx.marked import MarkedTemplate, mark_template
from adapters.docx.options import TemplateOptions
from domain.documents.grammar import FilterCall
from domain.documents.marks import ConditionMark, FieldKind, FieldMark, Syntax
from word import W, a_docx, complex_field, control, p, run, texts

CHECKBOX = (
    '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="2612"/>'
    '<w14:uncheckedState w14:val="2610"/></w14:checkbox>'
)
COLOURS = (
    '<w:dropDownList><w:listItem w:displayText="Red" w:value="r"/>'
    '<w:listItem w:value="blue"/></w:dropDownList>'
)


def marked(body: str, *, form_fields: bool = False) -> MarkedTemplate:
    return mark_template(a_docx(body), TemplateOptions(form_fields=form_fields))


def body_of(template: MarkedTemplate) -> etree._Element:
    return template.parts[0].root


def only_field(template: MarkedTemplate) -> FieldMark:
    fields = [mark for mark in template.marks if isinstance(mark, FieldMark)]
    assert len(fields) == 1
    return fields[0]


@pytest.mark.parametrize(
    ("code", "path", "filters"),
    [
        (" MERGEFIELD name \\* MERGEFORMAT ", "name", ()),
        (' MERGEFIELD  "First Name" ', "First Name", ()),
        (" MERGEFIELD client.city \\* Upper ", "client.city", (FilterCall("upper"),)),
        (
            ' MERGEFIELD due \\@ "dddd d MMMM yyyy" ',
            "due",
            (FilterCall("date", ("EEEE d MMMM yyyy",)),),
        ),
        (
            ' MERGEFIELD amount \\# "$#,##0.00" \\* MERGEFORMAT',
            "amount",
            (FilterCall("number", ("$#,##0.00",)),),
        ),
        (
            ' MERGEFIELD amount \\# "#.##0,00 €" ',
            "amount",
            (FilterCall("number", ("#,##0.00 €",)),),
        ),
    ],
)
@pytest.mark.parametrize("form", ["complex", "simple"])
def test_a_merge_field_is_a_field_with_its_switches(
    code: str, path: str, filters: tuple[FilterCall, ...], form: str
) -> None:
    simple = f'<w:fldSimple w:instr="{code.replace(chr(34), "&quot;")}">{run("«x»")}</w:fldSimple>'
    field = complex_field(code, "«x»", "<w:b/>") if form == "complex" else simple

    template = marked(p("Dear ", field, "!"))

    mark = only_field(template)
    assert (str(mark.expression.operand), mark.expression.filters) == (path, filters)
    assert mark.syntax is Syntax.MERGE_FIELD
    assert texts(body_of(template))[0] == "Dear <0>!"
    assert not list(body_of(template).iter(f"{{{W}}}fldChar", f"{{{W}}}fldSimple"))


def test_a_merge_field_keeps_the_look_of_what_it_showed() -> None:
    template = marked(p(complex_field(" MERGEFIELD x ", "«x»", "<w:b/>")))

    field = next(body_of(template).iter("{urn:atelier:template}field"))
    assert field.getparent().find(f"{{{W}}}rPr/{{{W}}}b") is not None


def test_a_merge_field_in_one_single_run_is_cut_out_of_it() -> None:
    character = '<w:fldChar w:fldCharType="{}"/>'
    everything = (
        "<w:r><w:t>a</w:t>"
        + character.format("begin")
        + "<w:instrText>MERGEFIELD x</w:instrText>"
        + character.format("separate")
        + "<w:t>old</w:t>"
        + character.format("end")
        + "<w:t>b</w:t></w:r>"
    )

    assert texts(body_of(marked(p(everything))))[0] == "a<0>b"


def test_texts_before_and_after_come_only_with_a_value() -> None:
    template = marked(p(complex_field(' MERGEFIELD title \\b "Dr. " \\f " of law"', "«title»")))

    condition = template.marks[1]
    assert isinstance(condition, ConditionMark)
    assert texts(body_of(template))[0] == "Dr. <0> of law"
    assert template.marks[0].parent == condition.n


def test_other_fields_stay_as_they_are() -> None:
    template = marked(p(complex_field(" PAGE ", "1"), complex_field(" DATE ", "today")))

    assert not template.marks
    assert len(list(body_of(template).iter(f"{{{W}}}fldChar"))) == 6


IF_VIP = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    '<w:r><w:instrText xml:space="preserve"> IF </w:instrText></w:r>'
    + complex_field(" MERGEFIELD vip ", "«vip»")
    + '<w:r><w:instrText xml:space="preserve"> = "yes" "Dear </w:instrText></w:r>'
    + complex_field(" MERGEFIELD name ", "«name»")
    + '<w:r><w:instrText xml:space="preserve">," "Hello" </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    + run("Hello")
    + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)


def test_an_if_field_becomes_a_condition_with_its_fields() -> None:
    template = marked(p(IF_VIP))

    assert texts(body_of(template))[0] == "Dear <0>,Hello"
    field, condition = template.marks
    assert isinstance(condition, ConditionMark)
    assert len(condition.branches) == 2
    assert (field.parent, field.branch) == (condition.n, 0)
    assert not template.problems


def test_an_if_field_too_complex_is_left_to_word_and_told() -> None:
    wild = IF_VIP.replace('"yes"', '"y*"')

    template = marked(p(wild))

    assert [problem.code for problem in template.problems] == [
        "documents.word-field-unsupported",
    ]
    assert [mark.source for mark in template.marks] == ["«vip»", "«name»"]


def test_a_merge_field_inside_an_address_is_filled_there() -> None:
    link = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> HYPERLINK "https://x/?id=</w:instrText></w:r>'
        + complex_field(" MERGEFIELD id ", "«id»")
        + '<w:r><w:instrText>"</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        + run("here")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )

    template = marked(p(link))

    field = next(body_of(template).iter("{urn:atelier:template}field"))
    assert field.get("code") == "quoted"


@pytest.mark.parametrize(
    ("kind", "expected", "choices"),
    [
        ("<w:text/>", FieldKind.TEXT, ()),
        ("", FieldKind.TEXT, ()),
        ("<w:date/>", FieldKind.DATE, ()),
        (
            COLOURS,
            FieldKind.CHOICE,
            ("Red", "blue"),
        ),
        ('<w:comboBox><w:listItem w:value="a"/></w:comboBox>', FieldKind.CHOICE, ("a",)),
    ],
)
@pytest.mark.parametrize("level", ["inline", "block", "cell"])
def test_a_content_control_is_a_field(
    kind: str, expected: FieldKind, choices: tuple[str, ...], level: str
) -> None:
    inline = control("client", run("old", "<w:b/>"), kind)
    cell = control("client", f"<w:tc>{p(run('old', '<w:b/>'))}</w:tc>", kind)
    bodies = {
        "inline": p("a ", inline, " b"),
        "block": control("client", p(run("old", "<w:b/>")), kind),
        "cell": f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>",
    }

    template = marked(bodies[level])

    mark = only_field(template)
    assert (mark.kind, mark.choices, mark.fallback) == (expected, choices, "old")
    assert texts(body_of(template))[0] in {"a <0> b", "<0>"}
    field = next(body_of(template).iter("{urn:atelier:template}field"))
    assert field.getparent().find(f"{{{W}}}rPr/{{{W}}}b") is not None


def test_a_placeholder_is_no_default_and_leaves_its_look_behind() -> None:
    shown = run("Click here", '<w:rStyle w:val="PlaceholderText"/>')
    body = p(control("client", shown, more="<w:showingPlcHdr/><w:dataBinding/>"))

    template = marked(body)

    assert only_field(template).fallback is None
    names = {etree.QName(element).localname for element in body_of(template).iter()}
    assert not names & {"showingPlcHdr", "dataBinding", "rStyle"}


def test_a_check_box_becomes_a_choice_of_two_controls() -> None:
    template = marked(p(control("agreed", run("☐"), CHECKBOX)))

    (condition,) = template.marks
    assert isinstance(condition, ConditionMark)
    assert condition.kind is FieldKind.BOOLEAN
    assert texts(body_of(template))[0] == "☒☐"
    w14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
    states = [box.get(f"{w14}val") for box in body_of(template).iter(f"{w14}checked")]
    assert states == ["1", "0"]


def test_formatted_content_stays_where_a_row_gives_nothing() -> None:
    template = marked(control("clause", p("one ", run("two", "<w:b/>")) + p("three"), ""))

    condition = next(mark for mark in template.marks if isinstance(mark, ConditionMark))
    assert texts(body_of(template)) == ["<1>", "one two", "three"]
    assert template.marks[1].parent == condition.n


def test_a_control_around_other_fields_is_only_a_frame() -> None:
    template = marked(
        control("outer", p("{{inside}}"), "")
        + control("frame", p(control("inner", run("x"))), "")
        + control("merge", p(complex_field("MERGEFIELD m", "«m»")), "")
    )

    assert sorted(mark.source for mark in template.marks) == ["[inner]", "{{inside}}", "«m»"]


def form(kind: str, data: str, shown: str) -> str:
    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="answer"/>'
        f"{data}</w:ffData></w:fldChar></w:r>"
    )
    field = complex_field(f" {kind} ", shown)
    return begin + field.split("</w:r>", 1)[1]


def test_form_fields_count_only_when_asked_for() -> None:
    body = p(form("FORMTEXT", "<w:textInput/>", "old"))

    assert not marked(body).marks
    assert only_field(marked(body, form_fields=True)).fallback == "old"


def test_a_form_list_becomes_text_with_its_choices() -> None:
    entries = '<w:ddList><w:listEntry w:val="a"/><w:listEntry w:val="b"/></w:ddList>'

    template = marked(p(form("FORMDROPDOWN", entries, "")), form_fields=True)

    assert only_field(template).choices == ("a", "b")
    assert texts(body_of(template))[0] == "<0>"


def test_a_form_check_box_becomes_a_choice_of_two() -> None:
    box = '<w:checkBox><w:default w:val="0"/></w:checkBox>'

    template = marked(p(form("FORMCHECKBOX", box, "")), form_fields=True)

    states = [mark.get(f"{{{W}}}val") for mark in body_of(template).iter(f"{{{W}}}checked")]
    assert isinstance(template.marks[0], ConditionMark)
    assert states == ["1", "0"]
