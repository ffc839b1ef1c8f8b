"""What every `TemplateEngine`, `BulkEngine` and `LinkedSheets` does; here: in child processes."""

import io
import zipfile
from collections.abc import AsyncIterator

import docx
import msgspec
import pytest
import structlog

from adapters.rendering.pools import document_kinds
from adapters.runtime.children import Children
from adapters.runtime.safe_http import SafeHttp
from adapters.sheets.linked_sheets import PublishedSheets
from application.documents.archives import Archives
from bench import LETTER, Bench, rows_of
from deadly_documents import DEFECTIVE, KILLER
from deadly_documents import TARGET as DEADLY
from domain.artifacts.artifact import ArtifactId
from domain.documents.bulk_run import BulkRowNotFound, ColumnsMissing, UnknownColumn
from domain.documents.engine_choice import EngineNotInstalled
from domain.documents.layout.findings import Fidelity
from domain.documents.refusals import TemplateIsOtherFormat, TemplateTooLarge
from domain.documents.rendering import (
    PreviewKind,
)
from domain.documents.rows import MissingPolicy, RowInvalid
from domain.documents.run_options import (
    DocumentFormat,
    FillOptions,
    Output,
    PdfEngineChoice,
    RunOptions,
    SheetReading,
)
from domain.documents.shards import ShardObject
from domain.documents.template_version import Syntaxes
from domain.kernel.errors import Invalid
from entrypoints.children import DOCUMENTS
from streams import stream, whole
from studio import sheet_of, word_file
from tenants import NEW

PEOPLE = [{"name": f"Name {n}", "city": f"City {n}"} for n in range(2, 8)]


@pytest.fixture(scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    kinds = document_kinds(DOCUMENTS, quick=1, bulk=1)
    async with Children(kinds, folder / "scratch") as children:
        yield Bench(children, folder / "files")


@pytest.fixture(scope="module")
async def deadly(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder = tmp_path_factory.mktemp("deadly")
    kinds = document_kinds(DEADLY, quick=1, bulk=1)
    async with Children(kinds, folder / "scratch") as children:
        yield Bench(children, folder / "files")


def text_of(content: bytes) -> str:
    return "\n".join(each.text for each in docx.Document(io.BytesIO(content)).paragraphs)


async def test_a_document_is_inspected_with_fields_problems_grade_and_picture(
    bench: Bench,
) -> None:
    good = await bench.inspected(LETTER)
    bad = await bench.inspected(word_file("{{ name | uper }}"))

    assert [field.name for field in good.fields] == ["name", "city"]
    assert (good.fidelity, good.pages, good.errors()) == (Fidelity.EXACT, 1, ())
    assert (good.preview or b"").startswith(b"\x89PNG")
    assert [problem.code for problem in bad.errors()] == ["documents.filter-unknown"]


async def test_what_is_no_template_is_refused_before_it_is_opened(bench: Bench) -> None:
    with pytest.raises(TemplateIsOtherFormat):
        await bench.inspected(b"%PDF-1.7")

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)

    with pytest.raises(TemplateTooLarge):
        await bench.templates.inspect(endless, Syntaxes())


async def test_problems_come_back_as_comments(bench: Bench) -> None:
    source, _ = await bench.source(word_file("{{ name | uper }}"))

    commented = await bench.templates.annotated(source)

    comments = list(docx.Document(io.BytesIO(commented)).comments)
    assert len(comments) == 1
    assert "uper" in comments[0].text


async def test_a_row_fills_a_document_that_is_there_while_it_is_open(bench: Bench) -> None:
    async with bench.templates.fill(await bench.order({"name": "Ada", "city": "Rome"})) as filled:
        content = await whole(filled.content())
        again = await whole(filled.content())

    assert text_of(content) == "Dear Ada of Rome."
    assert (content, filled.size, filled.engine) == (again, len(content), "docx")


async def test_a_row_that_does_not_fit_is_refused_with_all_that_is_wrong(bench: Bench) -> None:
    with pytest.raises(RowInvalid) as told:
        async with bench.templates.fill(await bench.order({})):
            pass

    problems = told.value.facts["problems"]
    assert isinstance(problems, list)
    assert [problem["field"] for problem in problems] == ["name", "city"]
    blank = FillOptions(missing=MissingPolicy.BLANK)
    async with bench.templates.fill(await bench.order({}, options=blank)) as filled:
        assert text_of(await whole(filled.content())) == "Dear  of ."


@pytest.mark.parametrize("engine", [PdfEngineChoice.AUTO, PdfEngineChoice.WEASYPRINT])
async def test_a_pdf_names_the_engine_that_drew_it(bench: Bench, engine: PdfEngineChoice) -> None:
    options = FillOptions(pdf_engine=engine)
    data = {"name": "Ada", "city": "Rome"}
    order = await bench.order(data, format=DocumentFormat.PDF, options=options)

    async with bench.templates.fill(order) as filled:
        content = await whole(filled.content())

    assert content.startswith(b"%PDF-")
    assert filled.engine == ("typst" if engine is PdfEngineChoice.AUTO else "weasyprint")


async def test_an_engine_that_is_not_here_is_refused_by_name(bench: Bench) -> None:
    options = FillOptions(pdf_engine=PdfEngineChoice.LIBREOFFICE)
    order = await bench.order({}, format=DocumentFormat.PDF, options=options)

    with pytest.raises(EngineNotInstalled):
        async with bench.templates.fill(order):
            pass


async def test_previews_are_a_picture_or_a_page_without_scripts(bench: Bench) -> None:
    order = await bench.order({"name": "<script>", "city": "Rome"})

    picture = await bench.templates.preview(order, PreviewKind.PNG)
    page = await bench.templates.preview(order, PreviewKind.HTML)

    assert picture.content.startswith(b"\x89PNG")
    assert b"&lt;script" in page.content
    assert b"<script" not in page.content


async def test_a_sheet_is_looked_at_and_its_columns_matched(bench: Bench) -> None:
    found = await bench.inspected(LETTER)
    content = "Name;Town\nÄnne;Köln\n".encode("utf-8-sig")

    seen = await bench.bulk.inspect_sheet(
        "people.csv", lambda: stream(content), SheetReading(), found.fields
    )

    assert (seen.format, seen.reading.delimiter, seen.rows) == ("csv", ";", 1)
    assert [column.samples for column in seen.columns] == [("Änne",), ("Köln",)]
    assert [(each.field, each.column) for each in seen.suggestions] == [
        ("name", "Name"),
        ("city", None),
    ]


async def test_checked_rows_come_in_order_with_names_of_their_own(bench: Bench) -> None:
    found = await bench.inspected(LETTER)
    people = [*PEOPLE, {"name": "", "city": "Rome"}]

    result, chunks = await bench.taken_in(sheet_of(people), found)
    again, repeated = await bench.taken_in(sheet_of(people), found)

    rows = rows_of(chunks)
    assert (result.rows, result.valid, result.shards) == (7, 6, 1)
    assert [row["n"] for row in rows] == [2, 3, 4, 5, 6, 7, 8]
    assert [row["f"] for row in rows[:2]] == ["Letter 2", "Letter 3"]
    assert (rows[-1]["s"], rows[-1]["e"][0]["field"]) == ("invalid", "name")
    assert rows_of(repeated) == rows
    assert result.input is not None
    assert again.input is not None
    assert again.input.sha256 == result.input.sha256


async def test_an_intake_looks_only_at_the_rows_it_is_asked_for(bench: Bench) -> None:
    found = await bench.inspected(LETTER)

    result, chunks = await bench.taken_in(
        sheet_of(PEOPLE),
        found,
        only=(3, 4),
        taken=("Name 4",),
        corrections={3: {"city": "Rome"}},
        options=RunOptions(file_names="{name}"),
    )

    rows = rows_of(chunks)
    assert (result.rows, [row["n"] for row in rows]) == (2, [3, 4])
    assert [row["f"] for row in rows] == ["Name 3", "Name 4 (2)"]
    shard = chunks[0].shards[0]
    assert await bench.bulk.read_row(shard, 3) == {"name": "Name 3", "city": "Rome"}
    with pytest.raises(BulkRowNotFound):
        await bench.bulk.read_row(shard, 5)


async def test_a_sheet_that_cannot_fill_the_template_is_refused_as_a_whole(bench: Bench) -> None:
    found = await bench.inspected(LETTER)

    with pytest.raises(ColumnsMissing) as told:
        await bench.taken_in(b"name,street\nAda,Main\n", found)
    with pytest.raises(UnknownColumn):
        await bench.taken_in(sheet_of(PEOPLE), found, corrections={3: {"Town": "Rome"}})

    assert told.value.facts["fields"] == ["city"]


@pytest.mark.parametrize("output", Output)
async def test_a_shard_is_a_run_of_documents_that_an_archive_takes_as_it_is(
    bench: Bench, output: Output
) -> None:
    source, found = await bench.source()
    _, chunks = await bench.taken_in(sheet_of(PEOPLE), found)

    made = await bench.rendered(chunks[0].shards[0], source, found, output=output)

    assert made.object is not None
    part = ShardObject(
        artifact_id=ArtifactId(NEW()),
        key=made.object.key,
        size=made.object.size,
        members=made.members,
        members_size=made.members_size,
    )
    archive = await Archives(bench.blobs).build([part], f"w/{NEW()}.zip")
    content = await whole(bench.blobs.open(archive.key))
    formats = output.formats()
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [f"Letter {n}.{each}" for n in range(2, 8) for each in formats]
        if DocumentFormat.DOCX in formats:
            assert text_of(opened.read("Letter 5.docx")) == "Dear Name 5 of City 5."
    outcome = msgspec.json.decode(made.rows_json)
    assert (made.rows_ok, made.rows_failed, len(outcome)) == (6, 0, 6)
    letter = outcome[3]
    short = "dx" if DocumentFormat.DOCX in formats else "pd"
    place = {"start": letter[f"{short}o"], "length": letter[f"{short}s"]}
    alone = await whole(bench.blobs.open(made.object.key, **place))
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.read(f"Letter 5.{formats[0]}") == alone


async def test_rows_that_kill_their_child_fail_and_their_neighbours_do_not(
    deadly: Bench,
) -> None:
    source, found = await deadly.source()
    people = [row | ({"name": KILLER} if at in {1, 4} else {}) for at, row in enumerate(PEOPLE)]
    _, chunks = await deadly.taken_in(sheet_of(people), found)

    made = await deadly.rendered(chunks[0].shards[0], source, found)

    outcome = {row["n"]: row for row in msgspec.json.decode(made.rows_json)}
    assert (made.rows_ok, made.rows_failed, made.members) == (4, 2, 4)
    assert [n for n, row in outcome.items() if row["s"] == "failed"] == [3, 6]
    assert outcome[3]["c"] == "runtime.child-crashed"


async def test_a_defect_at_a_row_is_logged_without_its_values(deadly: Bench) -> None:
    source, found = await deadly.source()
    people = [row | ({"name": DEFECTIVE} if at == 2 else {}) for at, row in enumerate(PEOPLE)]
    _, chunks = await deadly.taken_in(sheet_of(people), found)

    with structlog.testing.capture_logs() as logged:
        made = await deadly.rendered(chunks[0].shards[0], source, found)
    assert (made.rows_ok, made.rows_failed) == (5, 1)
    (told,) = [each["exception"] for each in logged if each["event"] == "row defect"]
    assert (told[0]["type"], DEFECTIVE in str(told)) == ("LookupError", False)
    assert "deadly_documents.py" in told[0]["frames"][-1]


async def test_a_report_has_a_line_for_every_row_in_both_formats(bench: Bench) -> None:
    lines = stream(
        b'{"n":2,"s":"ok","f":"=Ada","dx":7,"us":1500}\n',
        b'{"n":3,"s":"failed","f":"Bob","c":"documents.row-invalid","m":"no city"}\n',
    )

    csv, xlsx = await bench.bulk.report(lines, "w/r.csv", "w/r.xlsx", Output.DOCX)

    text = (await whole(bench.blobs.open(csv.key))).decode("utf-8-sig")
    assert text.splitlines()[1].startswith('2,"ok","\'=Ada.docx"')
    assert "no city" in text
    assert (await whole(bench.blobs.open(xlsx.key))).startswith(b"PK\x03\x04")


async def test_a_link_that_gives_no_sheet_is_invalid() -> None:
    async with SafeHttp() as http:
        links = PublishedSheets(http, max_bytes=1)
        with pytest.raises(Invalid):
            async with links.csv("https://docs.google.com/document/d/x"):
                pytest.fail("it was followed")
