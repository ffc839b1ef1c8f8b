"""`atelier docs`: templates and sheets to documents, file in and file out, without a server."""

import json
from pathlib import Path
from typing import Any, Final

import click

from domain.kernel.errors import Invalid
from entrypoints.cli.output import json_option, result, say

_IN: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_OUT: Final = click.Path(path_type=Path, dir_okay=False)
_ENGINES: Final = click.Choice(["auto", "typst", "weasyprint", "libreoffice"])
_MISSING: Final = click.Choice(["error", "blank", "keep"])


class BadData(Invalid):
    code = "cli.bad-data"


class BadOption(Invalid):
    code = "cli.bad-option"


def filling(command: Any) -> Any:
    """The options of every command that fills."""
    for option in reversed(
        (
            click.option(
                "--missing",
                type=_MISSING,
                default="error",
                help="What to do where a required value is missing.",
            ),
            click.option("--engine", type=_ENGINES, default="auto", help="What draws PDFs."),
            click.option(
                "--locale", default="en", help="How numbers and dates are written, such as de-CH."
            ),
        )
    ):
        command = option(command)
    return command


@click.group(epilog="Example: atelier docs bulk letter.docx people.csv -o letters.zip")
def docs() -> None:
    """Fill Word templates: one document, or one for every row of a sheet."""


@docs.command(epilog="Example: atelier docs fields letter.docx")
@click.argument("template", type=_IN)
@click.option("--form-fields", is_flag=True, help="Legacy form fields are fields, too.")
@click.option(
    "--comments",
    type=_OUT,
    help="Write a copy of the template with a comment at each problem to this file.",
)
@json_option
def fields(*, template: Path, form_fields: bool, comments: Path | None, as_json: bool) -> None:
    """List what a template asks for, what is wrong with it, and how well PDFs are made of it."""
    import asyncio

    from entrypoints.cli.docs_one import inspect

    seen = asyncio.run(inspect(template, form_fields=form_fields, comments=comments is not None))
    if comments is not None and seen.commented is not None:
        comments.write_bytes(seen.commented)
    result(as_json, seen.facts(), *seen.lines())
    for problem in seen.problems():
        say(problem)
    seen.require_usable()


@docs.command(epilog="Example: atelier docs fill letter.docx --data row.json -o letter.pdf")
@click.argument("template", type=_IN)
@click.option(
    "--data", type=click.File("rb"), required=True, help="The row, a JSON object; - reads stdin."
)
@click.option("-o", "--output", type=_OUT, required=True, help="Ends with .docx or .pdf.")
@filling
@json_option
def fill(
    *,
    template: Path,
    data: Any,
    output: Path,
    missing: str,
    engine: str,
    locale: str,
    as_json: bool,
) -> None:
    """Fill a template once."""
    import asyncio

    from entrypoints.cli.docs_one import fill_once

    _require_folder(output)
    row = _row(data.read())
    options = {"missing": missing, "pdf_engine": engine, "locale": locale}
    facts = asyncio.run(fill_once(template, row, output, options))
    for warning in facts["warnings"]:
        say(warning)
    result(as_json, facts, f"{output}: {facts['bytes']:,} bytes, made by {facts['engine']}.")


@docs.command(epilog="Example: atelier docs bulk letter.docx people.csv -o letters.zip")
@click.argument("template", type=_IN)
@click.argument("sheet", type=_IN)
@click.option("-o", "--output", type=_OUT, help="The ZIP to write. Needed unless --dry-run.")
@click.option(
    "--format", "format_", type=click.Choice(["docx", "pdf", "both"]), default="docx",
    help="What every row becomes.",
)  # fmt: skip
@click.option("--report", type=_OUT, help="The report, .csv or .xlsx; default beside the ZIP.")
@click.option("--names", default="", help="File names, such as '{last_name} {ref}'.")
@click.option(
    "--map", "mapping", multiple=True, metavar="FIELD=COLUMN",
    help="Take a field from this column, or from none (FIELD=); may be given often.",
)  # fmt: skip
@click.option("--delimiter", help="Between the cells of a CSV file; found out if left out.")
@click.option("--encoding", help="Of a CSV file, such as cp1252; found out if left out.")
@click.option("--sheet", "sheet_name", help="Which sheet of a workbook; the first if left out.")
@click.option("--sheet-locale", help="How numbers and dates are written in the sheet.")
@click.option("--dry-run", is_flag=True, help="Check every row and report; make nothing.")
@filling
@json_option
def bulk(*, mapping: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Make a document for every row of a CSV, XLSX or ODS file, and a report of all rows."""
    import asyncio

    from entrypoints.cli.docs_bulk import BulkOrder, run_bulk

    if options["output"] is None and not options["dry_run"]:
        raise BadOption("Name the ZIP to write: -o letters.zip.")
    order = BulkOrder(mapping=_mapping(mapping), **options)
    for path in (order.output, order.report_path()):
        _require_folder(path)
    facts = asyncio.run(run_bulk(order))
    result(as_json, facts, *_told(facts))
    return 0


def _told(facts: dict[str, Any]) -> list[str]:
    made = f"{facts['ok']:,} of {facts['rows']:,} rows"
    if facts["dry_run"]:
        good = facts["rows"] - facts["failed"]
        lines = [f"{good:,} of {facts['rows']:,} rows can be filled."]
    else:
        lines = [f"{facts['zip']}: {made} ({facts['seconds']} s)."]
    if facts["failed"]:
        rows = "1 row" if facts["failed"] == 1 else f"{facts['failed']:,} rows"
        became = "cannot" if facts["dry_run"] else "failed"
        lines.append(f"{rows} {became}; the report says why.")
    return [*lines, f"Report: {facts['report']}"]


def _row(content: bytes) -> dict[str, Any]:
    try:
        row = json.loads(content)
    except ValueError as error:
        raise BadData(f"The data is not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise BadData('The data must be one JSON object: {"name": "Ada"}.')
    return row


def _require_folder(path: Path | None) -> None:
    """Before the work, not after it."""
    if path is not None and not path.resolve().parent.is_dir():
        raise BadOption(f"{path}: there is no folder {path.resolve().parent}.")


def _mapping(pairs: tuple[str, ...]) -> dict[str, str | None] | None:
    found: dict[str, str | None] = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not sign or not field:
            raise BadOption(f"--map {pair}: write FIELD=COLUMN.")
        found[field] = column or None
    return found or None
