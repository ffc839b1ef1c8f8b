"""`atelier notes`: a video to notes, file in and folder out, without a server."""

from pathlib import Path
from typing import Final

import click

from entrypoints.cli.output import json_option, result

_IN: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_OUT: Final = click.Path(path_type=Path, file_okay=False)


@click.command(epilog="Example: atelier notes talk.mp4 -o talk-notes/")
@click.argument("video", type=_IN)
@click.option("-o", "--output", type=_OUT, required=True, help="Folder for what is made.")
@click.option("--style", default="study", help="study, brief, minutes or blog.")
@click.option("--language", help="Language that is spoken, such as de; else it is found out.")
@click.option("--note-language", help="Language of the notes; else as spoken.")
@click.option("--captions", type=_IN, help="A caption file to take instead of listening.")
@click.option("--transcriber", default="auto", help="Engine that listens.")
@click.option("--model", default="auto", help="Language model; local: work without one.")
@json_option
def notes(
    *,
    video: Path,
    output: Path,
    style: str,
    language: str | None,
    note_language: str | None,
    captions: Path | None,
    transcriber: str,
    model: str,
    as_json: bool,
) -> None:
    """Make a transcript, Summary.md, highlights and screenshots of a video."""
    import asyncio

    from entrypoints.cli.notes_one import NoteOrder, make_note

    order = NoteOrder(
        video=video,
        output=output,
        captions=captions,
        options={
            "style": style,
            "speech_language": language,
            "note_language": note_language,
            "transcriber": transcriber,
            "model": model,
        },
    )
    facts = asyncio.run(make_note(order))
    made = (
        f"{facts['summary']}: {facts['highlights']} highlights, {facts['chapters']} chapters,"
        f" {facts['screenshots']} screenshots in {facts['seconds']} s"
    )
    result(as_json, facts, made, *(f"warning: {each}" for each in facts["warnings"]))
