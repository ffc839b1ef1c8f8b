"""What docxtpl and this engine both take, they fill alike."""

from io import BytesIO
from pathlib import Path

import pytest
from docxtpl import DocxTemplate

from adapters.docx.filler import Filler
from adapters.docx.template import compile_template
from word import a_docx, p, paragraphs, run, table

SAMPLES = Path(__file__).parents[2] / "src/entrypoints/cli/samples/documents"
ROW = {
    "name": "Ada & Söhne <Ltd>",
    "client": {"city": "Dublin", "tags": ["a", "b"]},
    "items": [
        {"name": "Nuts", "price": 12, "parts": [1, 2]},
        {"name": "Bolts", "price": 3, "parts": []},
    ],
    "words": ["one", "two"],
    "yes": True,
    "no": False,
    "count": 3,
    "empty": [],
}
BODIES = [
    p("Dear {{ name }}, of {{client.city}}."),
    p("{{", " name", " }}", " and ", "{", "{ count }", "}"),
    p("{%p if yes %}") + p("shown") + p("{%p endif %}") + p("end"),
    p("{%p if no %}") + p("hidden") + p("{%p else %}") + p("other") + p("{%p endif %}"),
    p("{%p for w in words %}") + p("{{ w }} {{ loop.index }}") + p("{%p endfor %}"),
    p("{% for w in words %}{{ w }}{% if not loop.last %}, {% endif %}{% endfor %}."),
    p("{% if count > 2 and yes %}many{% elif count == 2 %}two{% else %}few{% endif %}"),
    p("{% if no or count &lt;= 3 %}A{% endif %}{% if name != 'x' %}B{% endif %}"),
    p("{{ client.tags|join('; ') }} {{ name|upper }} {{ words|length }} {{ words|first }}"),
    p("{{ missing|default('nothing') }}{{ client['city'] }}{{ words[1] }}"),
    table(
        ("Item", "Price"),
        ("{%tr for item in items %}", ""),
        ("{{ item.name }}", "{{ item.price }}"),
        ("{%tr endfor %}", ""),
        ("Total", "15"),
    ),
    table(("{%tc for w in words %}", "{{ w }}", "{%tc endfor %}"), ("a", "b", "c")),
    table(("{%tr if no %}",), ("hidden",), ("{%tr endif %}",), ("{%tr for e in empty %}",),
          ("{{ e }}",), ("{%tr endfor %}",), ("last",)),
    p("{%p for item in items %}")
    + p("{{ item.name }}:{% for part in item.parts %} {{ part }}{% endfor %}")
    + p("{%p endfor %}"),
    p("{%p for item in items %}") + p("{%p if item.parts %}") + p("{{ item.name }}")
    + p("{%p endif %}") + p("{%p endfor %}"),
    p("{{ name }}{# a comment #}", run("bold {{ name }}", "<w:b/>")),
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_they_say_the_same(body: str) -> None:
    data = a_docx(body)

    ours = Filler(compile_template(data)).fill(ROW)

    assert paragraphs(ours) == paragraphs(theirs(data, ROW))


@pytest.mark.parametrize("part", ["header", "footer"])
def test_they_say_the_same_in_headers_and_footers(part: str) -> None:
    inside = p("{{ name }}") + p("{%p if yes %}") + p("x") + p("{%p endif %}")
    data = a_docx(p("{{ count }}"), parts={part: inside})

    ours = Filler(compile_template(data)).fill(ROW)

    member = f"word/{part}.xml"
    assert paragraphs(ours, member) == paragraphs(theirs(data, ROW), member)


def theirs(data: bytes, row: dict[str, object]) -> bytes:
    template = DocxTemplate(BytesIO(data))
    template.render(row, autoescape=True)
    buffer = BytesIO()
    template.save(buffer)
    return buffer.getvalue()
