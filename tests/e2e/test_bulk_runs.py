"""From a template and a sheet to documents, over HTTP, with jobs run by a worker's container."""

import csv
import hashlib
import io
import zipfile
from typing import Any

import docx
import pytest
from python_calamine import CalamineWorkbook

from api import Person, code, invited
from studio import PEOPLE, Studio, rows_of, sheet_of, word_file

SHORT = word_file("Dear {{ name }} of {{ city }}, you owe {{ amount | currency('EUR') }}.")
ROWS = [
    {"name": "Ada", "city": "Paris", "amount": "1200.50"},
    {"name": "Bob", "city": "", "amount": "3"},
    {"name": "Cy", "city": "Rome", "amount": "a lot"},
    {"name": "Ada", "city": "Oslo", "amount": "7"},
]


async def opened(studio: Studio, person: Person, run: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(await studio.artifact(person, run["archive_id"])))


def text_of(document: bytes) -> str:
    paragraphs = docx.Document(io.BytesIO(document)).paragraphs
    return "\n".join(paragraph.text for paragraph in paragraphs)


async def test_a_sheet_becomes_letters_in_one_zip_with_a_report(studio: Studio) -> None:
    person = await studio.api.register("ada")
    template = await studio.template(person)

    run = await studio.run(person, template, await studio.sheet(person))

    assert run["status"] == "success", run
    assert (run["rows_total"], run["rows_ok"], run["rows_invalid"]) == (500, 493, 7)
    archive = await opened(studio, person, run)
    assert archive.testzip() is None
    assert len(archive.namelist()) == len(set(archive.namelist())) == 493
    people = {row["ref"]: row for row in csv.DictReader(io.StringIO(PEOPLE.decode()))}
    first = text_of(archive.read(archive.namelist()[0]))
    assert any(row["ref"] in first and row["last_name"] in first for row in people.values())
    report = rows_of(await studio.artifact(person, run["report_csv_id"]))
    assert len(report) == 500
    assert sum(row["status"] == "ok" for row in report) == 493
    assert {row["file"] for row in report if row["file"]} == set(archive.namelist())
    assert {(row["engine"], row["fidelity"]) for row in report} == {("docx", ""), ("", "")}


async def test_bad_rows_are_told_before_any_work_and_good_ones_are_made(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, sheet_of(ROWS))

    run = await studio.run(person, template, sheet, file_names="{name}")

    assert (run["status"], run["rows_ok"], run["rows_invalid"]) == ("success", 2, 2)
    rows = (await studio.call(person, "GET", f"/bulk-runs/{run['id']}/rows")).json()["items"]
    assert [(row["row_number"], row["status"]) for row in rows] == [
        (2, "ok"), (3, "invalid"), (4, "invalid"), (5, "ok"),
    ]  # fmt: skip
    assert [row["documents"][0]["file_name"] for row in rows if row["documents"]] == [
        "Ada.docx",
        "Ada (2).docx",
    ]
    assert rows[1]["error_code"] == "documents.row-missing-value"
    assert rows[2]["errors"][0]["field"] == "amount"
    assert rows[2]["errors"][0]["found"] == "a lot"
    refused = await studio.call(person, "GET", f"/bulk-runs/{run['id']}/rows?status=invalid")
    assert [row["row_number"] for row in refused.json()["items"]] == [3, 4]


async def test_any_document_is_streamed_alone_and_is_the_one_in_the_zip(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, sheet_of(ROWS))
    run = await studio.run(person, template, sheet, file_names="{name}", output="both")

    place = f"/bulk-runs/{run['id']}/rows"
    letter = await studio.call(person, "GET", f"{place}/5/document")
    pdf = await studio.call(person, "GET", f"{place}/5/document?format=pdf")
    archive = await opened(studio, person, run)

    assert sorted(archive.namelist()) == [
        "Ada (2).docx", "Ada (2).pdf", "Ada.docx", "Ada.pdf",
    ]  # fmt: skip
    assert letter.content == archive.read("Ada (2).docx")
    assert pdf.content == archive.read("Ada (2).pdf")
    assert pdf.content.startswith(b"%PDF")
    assert 'filename="Ada (2).docx"' in letter.headers["content-disposition"]
    assert letter.headers["content-length"] == str(len(letter.content))
    assert "Oslo" in text_of(letter.content)
    missing = await studio.call(person, "GET", f"{place}/3/document", 409)
    assert code(missing) == "documents.row-has-no-document"
    nowhere = await studio.call(person, "GET", f"{place}/99/document", 404)
    assert code(nowhere) == "documents.bulk-row-not-found"


async def test_a_dry_run_reports_every_row_and_makes_nothing(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, sheet_of(ROWS))

    run = await studio.run(person, template, sheet, dry_run=True)

    assert (run["status"], run["rows_total"], run["rows_invalid"]) == ("success", 4, 2)
    assert (run["archive_id"], run["rows_ok"]) == (None, 0)
    report = rows_of(await studio.artifact(person, run["report_csv_id"]))
    assert [row["status"] for row in report] == ["pending", "invalid", "invalid", "pending"]
    workbook = io.BytesIO(await studio.artifact(person, run["report_xlsx_id"]))
    sheets = CalamineWorkbook.from_filelike(workbook)
    assert len(sheets.get_sheet_by_index(0).to_python()) == 5
    preview = await studio.call(person, "GET", f"/bulk-runs/{run['id']}/rows/3/preview", 409)
    assert code(preview) == "documents.row-has-no-document"


async def test_failed_rows_are_retried_alone_with_their_corrections(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, sheet_of(ROWS))
    run = await studio.run(person, template, sheet, file_names="{name}")
    before = await opened(studio, person, run)

    corrections = [{"row_number": 3, "values": {"city": "Rome"}}]
    await studio.call(
        person, "POST", f"/bulk-runs/{run['id']}/retry", 202, json={"corrections": corrections}
    )
    await studio.drain()
    again = (await studio.call(person, "GET", f"/bulk-runs/{run['id']}")).json()
    corrected = sheet_of([*ROWS[:2], ROWS[2] | {"amount": "9"}, ROWS[3]])
    other = await studio.sheet(person, corrected)
    await studio.call(
        person, "POST", f"/bulk-runs/{run['id']}/retry", 202, json={"sheet_id": other}
    )
    await studio.drain()
    whole = (await studio.call(person, "GET", f"/bulk-runs/{run['id']}")).json()

    assert (again["round"], again["rows_ok"], again["rows_invalid"]) == (2, 3, 1)
    assert (whole["round"], whole["rows_ok"], whole["rows_invalid"]) == (3, 4, 0)
    archive = await opened(studio, person, whole)
    assert sorted(archive.namelist()) == ["Ada (2).docx", "Ada.docx", "Bob.docx", "Cy.docx"]
    for name in before.namelist():
        assert archive.read(name) == before.read(name)
    nothing = await studio.call(person, "POST", f"/bulk-runs/{run['id']}/retry", 409, json={})
    assert code(nothing) == "documents.nothing-to-retry"


async def test_a_wrong_correction_spoils_no_later_round(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    run = await studio.run(person, template, await studio.sheet(person, sheet_of(ROWS)))
    place = f"/bulk-runs/{run['id']}"

    async def retried(row: int, values: dict[str, str]) -> Any:
        corrections = [{"row_number": row, "values": values}]
        await studio.call(person, "POST", f"{place}/retry", 202, json={"corrections": corrections})
        await studio.drain()
        return (await studio.call(person, "GET", place)).json()

    wrong = await retried(3, {"town": "Rome"})
    right = await retried(3, {"city": "Rome"})
    for row in (2, 99):  # has its document; is not in the sheet
        body = {"corrections": [{"row_number": row, "values": {"city": "Rome"}}]}
        refused = await studio.call(person, "POST", f"{place}/retry", 422, json=body)
        assert code(refused) == "documents.nothing-to-correct"

    assert (wrong["status"], wrong["error"]["code"]) == ("failed", "documents.unknown-column")
    assert (wrong["archive_id"], wrong["rows_ok"]) == (run["archive_id"], 2)
    assert (right["status"], right["rows_ok"], right["rows_invalid"]) == ("success", 3, 1)


async def test_every_problem_of_a_row_is_in_its_line_of_the_report(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    bad = {"name": "Ada", "city": "", "amount": "a lot"}

    run = await studio.run(person, template, await studio.sheet(person, sheet_of([ROWS[0], bad])))

    _, line = rows_of(await studio.artifact(person, run["report_csv_id"]))
    assert line["error_code"] == "documents.row-missing-value"
    assert "“city” has no value. “amount” should be a number" in line["error_message"]
    row = (await studio.call(person, "GET", f"/bulk-runs/{run['id']}/rows/3")).json()
    assert [each["code"] for each in row["errors"]] == [
        "documents.row-missing-value",
        "documents.row-not-a-number",
    ]
    absent = await studio.call(person, "GET", f"/bulk-runs/{run['id']}/rows/3/document", 409)
    assert absent.json()["row_status"] == "invalid"
    unknown = await studio.call(
        person, "GET", f"/bulk-runs/{run['id']}/rows/2/document?format=x", 400
    )
    assert unknown.json()["errors"][0]["at"] == "format"


async def test_a_cancelled_run_is_taken_up_where_it_stopped(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, sheet_of(ROWS[:1]))
    body = {"template_id": template["template"]["id"], "sheet_id": sheet}
    run = (await studio.call(person, "POST", "/bulk-runs", 202, json=body)).json()

    stopped = await studio.call(person, "POST", f"/bulk-runs/{run['id']}/cancel")
    twice = await studio.call(person, "POST", f"/bulk-runs/{run['id']}/cancel", 409)
    await studio.drain()
    await studio.call(person, "POST", f"/bulk-runs/{run['id']}/retry", 202, json={})
    await studio.drain()
    resumed = (await studio.call(person, "GET", f"/bulk-runs/{run['id']}")).json()

    assert stopped.json()["status"] == "cancelled"
    assert code(twice) == "documents.run-already-finished"
    assert (resumed["status"], resumed["round"], resumed["rows_ok"]) == ("success", 2, 1)


async def test_a_zip_that_is_gone_is_built_again_byte_for_byte(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    run = await studio.run(person, template, await studio.sheet(person, sheet_of(ROWS)))
    first = await studio.artifact(person, run["archive_id"])

    job = await studio.call(person, "POST", f"/bulk-runs/{run['id']}/archive", 202)
    await studio.drain()
    rebuilt = (await studio.call(person, "GET", f"/bulk-runs/{run['id']}")).json()

    assert job.headers["location"].startswith("/v1/jobs/")
    assert rebuilt["archive_id"] != run["archive_id"]
    second = await studio.artifact(person, rebuilt["archive_id"])
    assert hashlib.sha256(second).digest() == hashlib.sha256(first).digest()


@pytest.mark.parametrize(
    ("content", "name", "refusal"),
    [
        (b"", "people.csv", "documents.sheet-empty"),
        (b"%PDF-1.7 no sheet", "people.xlsx", "documents.sheet-unsupported"),
        (b"first,second\n1,2\n", "people.csv", "documents.columns-missing"),
        (b'name,city,amount\n"Ada,Paris,1\n', "people.csv", "documents.sheet-unclosed-quote"),
    ],
)
async def test_a_sheet_that_cannot_be_used_fails_the_run_with_its_code(
    studio: Studio, content: bytes, name: str, refusal: str
) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)

    run = await studio.run(person, template, await studio.sheet(person, content, name))

    assert (run["status"], run["error"]["code"]) == ("failed", refusal)
    job = (await studio.call(person, "GET", f"/jobs/{run['job_id']}")).json()
    assert (job["status"], job["error"]["code"]) == ("failed", "documents.run-refused")
    alone = await studio.call(
        person, "POST", f"/jobs/{run['job_id']}/retry", 409, json={"reason": "once more"}
    )
    assert code(alone) == "jobs.part-of-a-whole"
    assert "retry the bulk run" in alone.json()["detail"]


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"file_names": "{name} {nothing}"}, "documents.bad-file-name-pattern"),
        ({"file_names": "{name"}, "documents.bad-file-name-pattern"),
        ({"mapping": {"nothing": "name"}}, "documents.bad-mapping"),
    ],
)
async def test_what_no_sheet_could_put_right_is_refused_before_anything_is_queued(
    studio: Studio, options: dict[str, Any], refusal: str
) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, sheet_of(ROWS))

    body = {"template_id": template["template"]["id"], "sheet_id": sheet} | options
    refused = await studio.call(person, "POST", "/bulk-runs", 422, json=body)

    assert code(refused) == refusal
    assert (await studio.call(person, "GET", "/bulk-runs")).json()["items"] == []


async def test_one_column_is_named_and_the_others_are_found(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, b"Name,City,Amount due\nAda,Paris,7\n")

    without = await studio.run(person, template, sheet)
    run = await studio.run(person, template, sheet, mapping={"amount": "Amount due"})

    assert without["error"]["code"] == "documents.columns-missing"
    assert "“amount” (perhaps the column “Amount due”?)" in without["error"]["message"]
    assert (run["status"], run["rows_ok"]) == ("success", 1)


async def test_a_run_in_which_no_row_succeeds_failed_and_has_its_report(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)

    run = await studio.run(person, template, await studio.sheet(person, sheet_of(ROWS[1:3])))

    assert (run["status"], run["error"]["code"]) == ("failed", "documents.no-row-succeeded")
    assert len(rows_of(await studio.artifact(person, run["report_csv_id"]))) == 2
    none = await studio.call(person, "POST", f"/bulk-runs/{run['id']}/archive", 409)
    assert code(none) == "documents.no-documents"


async def test_progress_is_told_with_rate_and_time_to_go(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)

    run = await studio.run(person, template, await studio.sheet(person, sheet_of(ROWS)))

    events = await studio.call(person, "GET", f"/jobs/{run['job_id']}/events?run=true&limit=200")
    notes = [event["data"].get("note") or {} for event in events.json()["items"]]
    rendering = [note for note in notes if note.get("phase") == "rendering"]
    assert rendering[-1]["rows_done"] == rendering[-1]["rows_total"] == 4
    assert rendering[-1]["rows_per_second"] > 0
    assert rendering[-1]["eta_seconds"] == 0
    assert [event["run_seq"] for event in events.json()["items"]] == list(
        range(1, len(events.json()["items"]) + 1)
    )


async def test_columns_are_mapped_by_hand_and_numbers_read_in_their_locale(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    content = "Wer;Wo;Wieviel\nÄnne;Köln;1.234,50\n".encode("cp1252")
    sheet = await studio.sheet(person, content, "leute.csv")
    reading = {"encoding": "cp1252", "locale": "de-DE"}
    body = {"sheet_id": sheet, "reading": reading, "template_id": template["template"]["id"]}
    seen = (await studio.call(person, "POST", "/sheets/inspect", json=body)).json()

    run = await studio.run(
        person,
        template,
        sheet,
        reading=reading,
        mapping={"name": "Wer", "city": "Wo", "amount": "Wieviel"},
        locale="de",
    )

    assert seen["reading"]["delimiter"] == ";"
    assert [column["name"] for column in seen["columns"]] == ["Wer", "Wo", "Wieviel"]
    letter = await studio.call(person, "GET", f"/bulk-runs/{run['id']}/rows/2/document")
    assert text_of(letter.content) == "Dear Änne of Köln, you owe 1.234,50\u00a0€."


async def test_strangers_see_no_run_and_viewers_start_none(studio: Studio) -> None:
    person, stranger = await studio.api.register(), await studio.api.register()
    viewer = await invited(studio.api, person, "viewer")
    template = await studio.template(person, SHORT)
    run = await studio.run(person, template, await studio.sheet(person, sheet_of(ROWS)))
    place = f"/bulk-runs/{run['id']}"

    for path in (place, f"{place}/rows", f"{place}/rows/2", f"{place}/rows/2/document"):
        refused = await studio.call(stranger, "GET", path, 404)
        assert code(refused) == "documents.bulk-run-not-found"
        assert (await studio.call(viewer, "GET", path)).status_code == 200
    for action in ("cancel", "retry", "archive"):
        body = {"json": {}} if action == "retry" else {}
        refused = await studio.call(viewer, "POST", f"{place}/{action}", 403, **body)
        assert code(refused) == "identity.permission-denied"
        unknown = await studio.call(stranger, "POST", f"{place}/{action}", 404, **body)
        assert code(unknown) == "documents.bulk-run-not-found"


async def test_the_same_key_starts_one_run(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, sheet_of(ROWS))
    body = {"template_id": template["template"]["id"], "sheet_id": sheet}
    key = {"Idempotency-Key": "once"}

    first = await studio.call(person, "POST", "/bulk-runs", 202, json=body, headers=key)
    again = await studio.call(person, "POST", "/bulk-runs", 202, json=body, headers=key)

    assert first.json()["id"] == again.json()["id"]
    runs = (await studio.call(person, "GET", "/bulk-runs")).json()["items"]
    assert len(runs) == 1
