"""Templates over HTTP: uploaded, refused with every error at once, versioned, edited, filled."""

import io
from typing import Any

import docx
import pytest

from api import code, invited
from studio import LETTER, Studio, word_file

SHORT = word_file("Dear {{ name }} of {{ city | default('nowhere') }}.")
BROKEN = word_file("Dear {{ nmae | uper }},", "{% for x in lines %} never closed")


def text_of(document: bytes) -> str:
    return "\n".join(each.text for each in docx.Document(io.BytesIO(document)).paragraphs)


async def test_an_upload_answers_with_fields_grade_and_a_picture(studio: Studio) -> None:
    person = await studio.api.register()

    made = await studio.template(person, LETTER, name="Premium reminder")

    template, version = made["template"], made["version"]
    assert (template["name"], template["active_number"]) == ("Premium reminder", 1)
    assert (version["usable"], version["fidelity"], version["pages"]) == (True, "exact", 1)
    kinds = {field["name"]: field["kind"] for field in made["fields"]}
    assert (kinds["first_name"], kinds["amount"], kinds["due_date"]) == ("text", "currency", "date")
    place = next(f for f in made["fields"] if f["name"] == "amount")["places"][0]
    assert "We are writing to confirm" in place["text"]
    picture = await studio.call(person, "GET", f"/templates/{template['id']}/versions/1/preview")
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["content-security-policy"].startswith("sandbox")
    original = await studio.call(person, "GET", f"/templates/{template['id']}/versions/1/document")
    assert original.content == LETTER
    schema = (await studio.call(person, "GET", f"/templates/{template['id']}/schema")).json()
    assert "first_name" in schema["required"]


async def test_a_template_with_errors_is_refused_with_all_of_them(studio: Studio) -> None:
    person = await studio.api.register()

    refused = await studio.call(
        person, "POST", "/templates", 422, files={"file": ("broken.docx", BROKEN)}
    )

    problems = refused.json()["problems"]
    assert code(refused) == "documents.template-has-errors"
    assert len(problems) == 2
    assert {problem["code"] for problem in problems} == {
        "documents.filter-unknown",
        "documents.block-unclosed",
    }
    assert problems[0]["place"]["text"].startswith("Dear {{ nmae")
    assert (await studio.call(person, "GET", "/templates")).json()["items"] == []


async def test_a_draft_is_kept_shown_with_comments_and_never_filled(studio: Studio) -> None:
    person = await studio.api.register()
    made = await studio.template(person, BROKEN, keep_draft="true")
    place = f"/templates/{made['template']['id']}"

    assert (made["version"]["usable"], made["template"]["active_number"]) == (False, None)
    commented = await studio.call(person, "GET", f"{place}/versions/1/annotated")
    comments = [comment.text for comment in docx.Document(io.BytesIO(commented.content)).comments]
    assert len(comments) == 2
    empty = await studio.call(person, "POST", f"{place}/fill", 409, json={"data": {}})
    assert code(empty) == "documents.no-active-version"
    forced = await studio.call(
        person, "POST", f"{place}/fill", 409, json={"data": {}, "version": 1}
    )
    assert code(forced) == "documents.version-has-errors"
    shown = await studio.call(person, "GET", place)
    activated = await studio.call(
        person,
        "POST",
        f"{place}/versions/1/activate",
        409,
        headers={"If-Match": shown.headers["etag"]},
    )
    assert code(activated) == "documents.version-has-errors"


async def test_versions_come_and_go_and_keep_what_people_set(studio: Studio) -> None:
    person = await studio.api.register()
    made = await studio.template(person, SHORT)
    place = f"/templates/{made['template']['id']}"
    fields = await studio.call(person, "GET", f"{place}/versions/1/fields")
    edit = {"fields": [{"name": "name", "label": "Full name", "default": "customer"}]}
    await studio.call(
        person, "PATCH", f"{place}/versions/1/fields",
        json=edit, headers={"If-Match": fields.headers["etag"]},
    )  # fmt: skip
    second = word_file("Hello {{ name }}, born {{ birthday | date('d MMM yyyy') }}.")

    upload = await studio.call(
        person, "POST", f"{place}/versions", 201, files={"file": ("v2.docx", second)}
    )
    same = await studio.call(
        person, "POST", f"{place}/versions", 200, files={"file": ("again.docx", SHORT)}
    )
    new = upload.json()
    back = await studio.call(
        person, "POST", f"{place}/versions/1/activate",
        headers={"If-Match": upload.headers["etag"]},
    )  # fmt: skip
    listed = (await studio.call(person, "GET", f"{place}/versions")).json()["items"]

    name = next(field for field in new["fields"] if field["name"] == "name")
    assert (name["label"], name["default"]) == ("Full name", "customer")
    assert (new["template"]["active_number"], new["version"]["number"]) == (2, 2)
    assert (same.json()["known"], same.json()["version"]["number"]) == (True, 1)
    assert back.json()["active_number"] == 1
    assert [version["number"] for version in listed] == [2, 1]


async def test_an_edit_needs_the_newest_state(studio: Studio) -> None:
    person = await studio.api.register()
    made = await studio.template(person, SHORT)
    place = f"/templates/{made['template']['id']}"
    etag = (await studio.call(person, "GET", place)).headers["etag"]

    renamed = await studio.call(
        person, "PATCH", place, json={"name": "New"}, headers={"If-Match": etag}
    )
    stale = await studio.call(
        person, "PATCH", place, 412, json={"name": "Old"}, headers={"If-Match": etag}
    )
    blind = await studio.call(person, "PATCH", place, 428, json={"name": "Old"})
    old_fields = await studio.call(
        person, "PATCH", f"{place}/versions/1/fields", 412,
        json={"fields": [{"name": "name"}]}, headers={"If-Match": '"v7"'},
    )  # fmt: skip

    assert renamed.json()["name"] == "New"
    assert code(stale) == "documents.template-changed"
    assert code(blind) == "http.version-required"
    assert code(old_fields) == "documents.fields-changed"


async def test_an_archived_template_is_hidden_and_comes_back(studio: Studio) -> None:
    person = await studio.api.register()
    made = await studio.template(person, SHORT)
    place = f"/templates/{made['template']['id']}"
    etag = (await studio.call(person, "GET", place)).headers["etag"]

    hidden = await studio.call(
        person, "PATCH", place, json={"archived": True}, headers={"If-Match": etag}
    )
    refused = await studio.call(person, "POST", f"{place}/fill", 409, json={"data": {}})
    listed = (await studio.call(person, "GET", "/templates")).json()["items"]
    archived = (await studio.call(person, "GET", "/templates?archived=true")).json()["items"]
    etag = hidden.headers["etag"]
    await studio.call(person, "PATCH", place, json={"archived": False}, headers={"If-Match": etag})

    assert code(refused) == "documents.template-archived"
    assert (listed, len(archived)) == ([], 1)
    assert len((await studio.call(person, "GET", "/templates?search=LETT")).json()["items"]) == 1


async def test_a_deleted_template_is_gone_but_not_one_that_runs_need(studio: Studio) -> None:
    person = await studio.api.register()
    editor = await invited(studio.api, person, "editor")
    made = await studio.template(person, SHORT)
    used = await studio.template(person, word_file("Only {{ name }}"))
    sheet = await studio.sheet(person, b"name\nAda\n")
    await studio.run(person, used, sheet)
    etags = {"If-Match": '"v2"'}

    place = f"/templates/{made['template']['id']}"
    forbidden = await studio.call(editor, "DELETE", place, 403, headers=etags)
    await studio.call(person, "DELETE", place, 204, headers=etags)
    needed = await studio.call(
        person, "DELETE", f"/templates/{used['template']['id']}", 409, headers=etags
    )

    assert code(forbidden) == "identity.permission-denied"
    assert code(await studio.call(person, "GET", place, 404)) == "documents.template-not-found"
    assert code(needed) == "documents.template-in-use"


@pytest.mark.parametrize(("format_", "magic"), [("docx", b"PK\x03\x04"), ("pdf", b"%PDF-")])
async def test_a_filled_document_is_answered_at_once_with_engine_and_grade(
    studio: Studio, format_: str, magic: bytes
) -> None:
    person = await studio.api.register()
    made = await studio.template(person, SHORT)
    body = {"data": {"name": "Zoë <&>"}, "format": format_, "file_name": "Für Zoë"}

    filled = await studio.call(
        person, "POST", f"/templates/{made['template']['id']}/fill", json=body
    )

    assert filled.content.startswith(magic)
    engine = "docx" if format_ == "docx" else "typst"
    assert (filled.headers["atelier-engine"], filled.headers["atelier-grade"]) == (engine, "exact")
    assert f"F%C3%BCr%20Zo%C3%AB.{format_}" in filled.headers["content-disposition"]
    if format_ == "docx":
        assert text_of(filled.content) == "Dear Zoë <&> of nowhere."


async def test_missing_and_wrong_data_is_refused_by_name_or_left_open(studio: Studio) -> None:
    person = await studio.api.register()
    made = await studio.template(person, word_file("{{ name }} owes {{ sum | currency('EUR') }}"))
    place = f"/templates/{made['template']['id']}/fill"

    refused = await studio.call(person, "POST", place, 422, json={"data": {"sum": "much"}})
    kept = await studio.call(person, "POST", place, json={"data": {"sum": 5}, "missing": "keep"})
    blank = await studio.call(person, "POST", place, json={"data": {"sum": 5}, "missing": "blank"})

    assert code(refused) == "documents.row-invalid"
    assert {problem["field"] for problem in refused.json()["problems"]} == {"name", "sum"}
    assert text_of(kept.content) == "{{ name }} owes €5.00"
    assert text_of(blank.content) == " owes €5.00"


async def test_much_work_becomes_a_job_whose_artifact_is_the_document(studio: Studio) -> None:
    person = await studio.api.register()
    made = await studio.template(person, SHORT)
    place = f"/templates/{made['template']['id']}/fill"
    body = {"data": {"name": "Ada"}, "wait": "job", "file_name": "Later"}

    accepted = await studio.call(person, "POST", place, 202, json=body)
    await studio.drain()
    job = (await studio.call(person, "GET", f"/jobs/{accepted.json()['job_id']}")).json()

    assert accepted.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["status"], job["note"]["engine"]) == ("success", "docx")
    document = await studio.artifact(person, job["note"]["artifact_id"])
    assert text_of(document) == "Dear Ada of nowhere."


async def test_a_preview_shows_the_page_and_keeps_nothing(studio: Studio) -> None:
    person = await studio.api.register()
    viewer = await invited(studio.api, person, "viewer")
    made = await studio.template(person, SHORT)
    place = f"/templates/{made['template']['id']}/preview"

    picture = await studio.call(viewer, "POST", place, json={"data": {"name": "Ada"}})
    page = await studio.call(viewer, "POST", place, json={"data": {"name": "<b>"}, "as": "html"})

    assert picture.content.startswith(b"\x89PNG")
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;b&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_pictures_come_from_data_or_from_files_of_the_workspace(studio: Studio) -> None:
    person, stranger = await studio.api.register(), await studio.api.register()
    made = await studio.template(person, word_file("{{ photo | image(width=20mm) }}"))
    place = f"/templates/{made['template']['id']}/fill"
    dot: Any = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    foreign = await studio.sheet(stranger, b"not yours")

    inline = await studio.call(person, "POST", place, json={"data": {"photo": dot}})
    theirs = await studio.call(
        person, "POST", place, 422, json={"data": {"photo": f"artifact:{foreign}"}}
    )
    nonsense = await studio.call(
        person, "POST", place, 422, json={"data": {"photo": "artifact:nonsense"}}
    )

    assert len(docx.Document(io.BytesIO(inline.content)).inline_shapes) == 1
    assert theirs.json()["problems"][0]["code"] == "documents.bad-asset-reference"
    assert nonsense.json()["problems"][0]["code"] == "documents.row-not-a-picture"
