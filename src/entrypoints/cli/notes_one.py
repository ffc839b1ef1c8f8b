"""One note at the command line: the whole application in this process, gone at the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.keys import source_key
from domain.artifacts.media import HEAD_SIZE, check
from domain.artifacts.ports import Artifacts, BlobStore
from domain.kernel.errors import Invalid
from domain.kernel.ports import UnitOfWork
from domain.kernel.retention import RetentionClass
from domain.notes.note import NoteStatus
from entrypoints.cli.api_calls import ApiCalls
from entrypoints.cli.progress import shown_stages
from entrypoints.harness import Harness, Member
from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging

_LOOK: Final = 0.2  # seconds between two looks at a note
_BLOCK: Final = 1 << 20
_MADE: Final = frozenset({NoteStatus.SUCCESS, NoteStatus.DEGRADED})


class NoteNotMade(Invalid):
    """Facts: `reason`."""

    code = "cli.note-not-made"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOrder:
    video: Path
    output: Path
    captions: Path | None
    options: Mapping[str, Any]


async def make_note(order: NoteOrder) -> dict[str, Any]:
    """Writes everything into the output folder. Raises NoteNotMade."""
    began = time.monotonic()
    settings = Settings.from_environment()
    start_logging(replace(settings, log_level="warning"))
    order.output.mkdir(parents=True, exist_ok=True)
    async with Harness.start(folder=settings.data_dir / "harness", **_own(settings)) as atelier:
        member = await atelier.sign_up("Command line")
        api = ApiCalls(atelier.http(member))
        body = {"artifact_id": await _keep(atelier, member, order.video)}
        if order.captions is not None:
            body["captions_id"] = await _keep(atelier, member, order.captions)
        video = await api.json("POST", "/videos", json=body)
        asked = {"video_id": video["id"], "options": dict(order.options)}
        note = await _finished(atelier, api, await api.json("POST", "/notes", json=asked))
        if note["status"] not in _MADE:
            told = note["error"] or {"code": "notes.stopped", "message": "It was stopped."}
            raise NoteNotMade(told["message"], reason=told["code"])
        made = await _taken(atelier, api, member, note, order.output)
    return made | {
        "status": note["status"],
        "warnings": [warning["message"] for warning in note["warnings"]],
        "seconds": round(time.monotonic() - began, 1),
    }


def _own(settings: Settings) -> dict[str, Any]:
    """Engines as the environment sets them up; everything else is the harness's own."""
    names = (
        *("openai_base_url", "openai_api_key", "openai_transcribe_model", "openai_chat_model"),
        *("whisper_model", "transcriber", "speech_threads", "ai_prices", "longest_video_hours"),
    )
    return {name: getattr(settings, name) for name in names if hasattr(settings, name)}


async def _keep(atelier: Harness, member: Member, path: Path) -> str:
    """The file in the store, as if it had been uploaded; answers its id."""
    with path.open("rb") as file:
        head = file.read(HEAD_SIZE)
    media_type = check(_TYPES.get(path.suffix.lower(), "video/mp4"), head)
    async with atelier.acting(member.actor) as scope:
        blobs, shelf = await scope.get(BlobStore), await scope.get(ArtifactShelf)
        ending = path.suffix.lower().lstrip(".") or "bin"
        key = source_key(member.actor.workspace_id, "videos", uuid4(), ending)
        new = NewArtifact(
            kind="upload",
            blob=await blobs.put(key, _blocks(path)),
            file_name=path.name,
            media_type=media_type,
            retention=RetentionClass.RAW_INPUT,
        )
        artifact = await shelf.record(member.actor, new)
        await (await scope.get(UnitOfWork)).commit()
    return str(artifact.id)


_TYPES: Final = {".srt": "application/x-subrip", ".vtt": "text/vtt", ".ass": "text/plain"}


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            yield block


async def _finished(atelier: Harness, api: ApiCalls, note: Any) -> Any:
    draining = asyncio.create_task(atelier.drain())
    with shown_stages("Notes") as tell:
        while not draining.done():
            await asyncio.wait({draining}, timeout=_LOOK)
            note = await api.json("GET", f"/notes/{note['id']}")
            tell(note)
    await draining
    return note


async def _taken(
    atelier: Harness, api: ApiCalls, member: Member, note: Any, folder: Path
) -> dict[str, Any]:
    place = f"/notes/{note['id']}"
    shots = (await api.json("GET", f"{place}/screenshots"))["items"]
    highlights = (await api.json("GET", f"{place}/highlights"))["items"]
    chapters = (await api.json("GET", f"{place}/chapters"))["items"]
    if shots:
        (folder / "images").mkdir(exist_ok=True)
    files = dict(note["outputs"]) | {each["file"]: each["image_id"] for each in shots}
    async with atelier.acting(member.actor) as scope:
        artifacts, blobs = await scope.get(Artifacts), await scope.get(BlobStore)
        for name, artifact_id in files.items():
            found = await artifacts.get(member.actor.workspace_id, ArtifactId(UUID(artifact_id)))
            with (folder / name).open("wb") as target:
                async for block in blobs.open(found.key):
                    target.write(block)
    return {
        "summary": str(folder / "Summary.md"),
        "transcript": str(folder / "transcript.md"),
        "highlights": len(highlights),
        "chapters": len(chapters),
        "screenshots": len(shots),
    }
