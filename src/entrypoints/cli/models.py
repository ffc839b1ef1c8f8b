"""`atelier models`: models for speech, fetched once, used without network from then on."""

import click

from entrypoints.cli.output import json_option, result, say


@click.group(epilog="Example: atelier models fetch base")
def models() -> None:
    """Fetch and list the models that recognise speech on this machine."""


@models.command(epilog="Example: atelier models fetch small")
@click.argument("name")
@json_option
def fetch(*, name: str, as_json: bool) -> None:
    """Download a Whisper model (tiny, base, small, medium, large-v3, turbo, or owner/name)."""
    from adapters.local_ai.models import fetch_model, model_files
    from entrypoints.settings import Settings

    folder = Settings.from_environment().models_dir
    say(f"Fetching {name} from the Hugging Face hub…")
    found = fetch_model(name, folder)
    size = sum(file.stat().st_size for file in model_files(found))
    facts = {"name": name, "folder": str(found), "bytes": size}
    result(as_json, facts, f"{found}: {size:,} bytes. The best model here is used from now on.")


@models.command(name="list", epilog="Example: atelier models list --json")
@json_option
def list_(*, as_json: bool) -> None:
    """List the models that are here, and say which engine listens."""
    from adapters.local_ai.models import KNOWN, installed
    from entrypoints.settings import Settings
    from entrypoints.wiring.ai import whisper_model

    settings = Settings.from_environment()
    used, folder = whisper_model(settings)
    here = installed(settings.models_dir)
    asked = bool(settings.openai_base_url and settings.openai_transcribe_model)
    best = "openai" if asked else "faster-whisper" if folder else "moonshine"
    engine = best if settings.transcriber == "auto" else settings.transcriber
    facts = {
        "engine": engine,
        "model": used if engine == "faster-whisper" else None,
        "models": [
            {"name": each.name, "folder": str(each.folder), "bytes": each.bytes} for each in here
        ],
        "known": list(KNOWN),
    }
    lines = [f"{each.name:<20}  {each.bytes:>14,} bytes  {each.folder}" for each in here]
    listens = (
        f"Speech is recognised by {engine}{f' ({used})' if engine == 'faster-whisper' else ''}."
    )
    english = " It understands English only." if engine == "moonshine" else ""
    result(as_json, facts, *lines, listens + english)
