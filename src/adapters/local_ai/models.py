"""Whisper models on this machine: a folder somebody names, ours, or the hub's cache."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.kernel.errors import Invalid, Unavailable

KNOWN: Final = (  # names that the library maps to repositories of the hub
    *("tiny", "tiny.en", "base", "base.en", "small", "small.en", "medium", "medium.en"),
    *("large-v1", "large-v2", "large-v3", "large", "turbo", "large-v3-turbo"),
    *("distil-small.en", "distil-medium.en", "distil-large-v2", "distil-large-v3"),
)
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?")
_NEEDED: Final = ("model.bin", "config.json")
_FILES: Final = ("model.bin", "config.json", "tokenizer.json", "preprocessor_config.json")


class UnknownModel(Invalid):
    """Facts: `model`, `known`."""

    code = "models.unknown"


class ModelNotFetched(Unavailable):
    """The hub cannot be reached, or has no such model; facts: `model`."""

    code = "models.not-fetched"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    name: str
    folder: Path
    bytes: int


def is_model(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _NEEDED)


def model_files(folder: Path) -> list[Path]:
    found = [folder / name for name in _FILES if (folder / name).is_file()]
    return found + sorted(folder.glob("vocabulary.*"))


def is_english_only(name: str) -> bool:
    return name.rstrip("/").endswith(".en")


def find_model(name: str, models: Path) -> Path | None:
    """The folder of a model, by its path, its name in `models`, or its name in the hub's cache."""
    if not name:
        return None
    if name.startswith(("/", "~")):
        folder = Path(name).expanduser()
        return folder if is_model(folder) else None
    if _NAME.fullmatch(name) is None:
        return None
    ours = models / name.replace("/", "--")
    if is_model(ours):
        return ours
    return next((each for each in _cached(name) if is_model(each)), None)


def installed(models: Path) -> list[LocalModel]:
    """What `fetch_model` brought, by name."""
    folders = sorted(models.iterdir()) if models.is_dir() else []
    return [
        LocalModel(
            name=folder.name.replace("--", "/"),
            folder=folder,
            bytes=sum(file.stat().st_size for file in model_files(folder)),
        )
        for folder in folders
        if is_model(folder)
    ]


def fetch_model(name: str, models: Path) -> Path:
    """Download a model from the hub into `models`, whole or not at all.

    Raises UnknownModel, ModelNotFetched.
    """
    if _NAME.fullmatch(name) is None or ("/" not in name and name not in KNOWN):
        raise UnknownModel(
            f"There is no model {name[:100]!r}; name one of {', '.join(KNOWN)}, or owner/name.",
            model=name[:100],
            known=list(KNOWN),
        )
    target = models / name.replace("/", "--")
    if is_model(target):
        return target
    partial = models / f".{target.name}.partial"  # a second try goes on where this one ended
    partial.mkdir(parents=True, exist_ok=True)
    _download(name, partial)
    if not is_model(partial):
        raise ModelNotFetched(
            f"{name} is on the hub, but no model for faster-whisper (it has no model.bin).",
            model=name,
        )
    partial.rename(target)
    return target


def _download(name: str, folder: Path) -> None:
    from faster_whisper.utils import _MODELS  # the names are the library's own
    from huggingface_hub import snapshot_download

    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    repository = name if "/" in name else _MODELS[name]
    try:
        snapshot_download(repository, local_dir=folder, allow_patterns=[*_FILES, "vocabulary.*"])
    except Exception as error:
        raise ModelNotFetched(
            f"{name} could not be fetched from the Hugging Face hub ({type(error).__name__}). "
            "Check the name and the network, or copy the model's folder here and name it in "
            "ATELIER_WHISPER_MODEL.",
            model=name,
        ) from error


def _cached(name: str) -> Iterator[Path]:
    """Snapshots in the hub's cache, the one that is current first."""
    pattern = f"models--{name.replace('/', '--')}" if "/" in name else f"models--*whisper-{name}"
    for folder in sorted(_cache().glob(pattern)):
        current = folder / "refs" / "main"
        if current.is_file():
            yield folder / "snapshots" / current.read_text(encoding="ascii").strip()
        yield from sorted((folder / "snapshots").glob("*"))


def _cache() -> Path:
    named = os.environ.get("HF_HUB_CACHE")
    home = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    return Path(named or f"{home}/hub").expanduser()
