"""Rows that cannot be made fail one by one, and their run ends with its report."""

from studio import Studio, rows_of, sheet_of, word_file

SHORT = word_file("Dear {{ name }} of {{ city }}, you owe {{ amount | currency('EUR') }}.")
ROWS = [
    {"name": "Ada", "city": "Paris", "amount": "1200.50"},
    {"name": "Bob", "city": "", "amount": "3"},
    {"name": "Cy", "city": "Rome", "amount": "a lot"},
    {"name": "Ada", "city": "Oslo", "amount": "7"},
]


async def test_a_file_that_is_not_there_fails_the_rows_that_name_it_alone(studio: Studio) -> None:
    person, stranger = await studio.api.register(), await studio.api.register()
    template = await studio.template(person, word_file("{{ name }} {{ photo | image }}"))
    foreign = await studio.sheet(stranger, b"not yours")
    dot = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    people = [{"name": "Ada", "photo": f"artifact:{foreign}"}, {"name": "Bob", "photo": dot}]

    run = await studio.run(person, template, await studio.sheet(person, sheet_of(people)))

    assert (run["status"], run["rows_ok"], run["rows_failed"]) == ("success", 1, 1)
    report = rows_of(await studio.artifact(person, run["report_csv_id"]))
    assert [row["status"] for row in report] == ["failed", "ok"]
    assert "names no file of this workspace" in report[0]["error_message"]


async def test_a_shard_that_can_never_be_rendered_fails_its_rows_and_the_run_ends(
    studio: Studio,
) -> None:
    person = await studio.api.register()
    template = await studio.template(person, SHORT)
    sheet = await studio.sheet(person, sheet_of(ROWS))

    run = await studio.run(person, template, sheet, locale="xx")

    assert (run["status"], run["rows_failed"], run["rows_invalid"]) == ("failed", 2, 2)
    report = rows_of(await studio.artifact(person, run["report_csv_id"]))
    assert {row["error_code"] for row in report if row["status"] == "failed"} == {
        "documents.locale-unknown"
    }
