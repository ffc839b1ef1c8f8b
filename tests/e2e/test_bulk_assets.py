"""Rows that name pictures and documents of the workspace, rightly or not."""

import io
import zipfile
from typing import Any
from uuid import uuid4

import pypdfium2

from api import Person
from pictures import a_picture
from studio import Studio, sheet_of, word_file

TEMPLATE = word_file(
    "For {{ name }}", "{{ logo | image(width=40mm) }}", "{{ terms | subdocument }}"
)


async def uploaded(studio: Studio, person: Person, name: str, content: bytes) -> str:
    answer = await studio.call(person, "POST", "/artifacts", 201, files={"file": (name, content)})
    return f"artifact:{answer.json()['id']}"


async def test_a_row_that_names_no_file_costs_its_neighbours_nothing(studio: Studio) -> None:
    person, stranger = await studio.api.register(), await studio.api.register()
    template = await studio.template(person, TEMPLATE)
    logo = await uploaded(studio, person, "logo.png", a_picture())
    terms = await uploaded(studio, person, "terms.docx", word_file("Terms and conditions"))
    foreign = await uploaded(studio, stranger, "logo.png", a_picture())
    rows = [
        {"name": "good", "logo": logo, "terms": terms},
        {"name": "swapped", "logo": terms, "terms": logo},
        {"name": "foreign", "logo": foreign, "terms": terms},
        {"name": "nowhere", "logo": f"artifact:{uuid4()}", "terms": terms},
        {"name": "last", "logo": logo, "terms": terms},
    ]

    run = await studio.run(
        person,
        template,
        await studio.sheet(person, sheet_of(rows)),
        file_names="{name}",
        output="both",
    )

    assert (run["status"], run["rows_ok"], run["rows_failed"]) == ("success", 2, 3)
    told: Any = (await studio.call(person, "GET", f"/bulk-runs/{run['id']}/rows")).json()["items"]
    messages = {row["row_number"]: row["error_message"] for row in told if row["error_message"]}
    assert "it is not a picture" in messages[3]
    assert messages[4] == messages[5] == "logo: it names no file of this workspace."
    archive = zipfile.ZipFile(io.BytesIO(await studio.artifact(person, run["archive_id"])))
    assert sorted(archive.namelist()) == ["good.docx", "good.pdf", "last.docx", "last.pdf"]
    with pypdfium2.PdfDocument(archive.read("good.pdf")) as pdf:
        drawn = pdf[0].get_textpage().get_text_range()
    assert drawn.splitlines() == ["For good", "Terms and conditions"]
    document = zipfile.ZipFile(io.BytesIO(archive.read("good.docx")))
    assert any(name.startswith("word/media/") for name in document.namelist())
    assert b"Terms and conditions" in document.read("word/document.xml")
