"""The notes part: a short talk with slides becomes transcript, summary, highlights, pictures."""

import time
from pathlib import Path
from typing import Any, Final

from entrypoints.cli.demonstration.documents import DemoFailed
from entrypoints.cli.demonstration.stage import Stage
from entrypoints.cli.output import say
from entrypoints.cli.progress import shown_stages

TALK: Final = Path(__file__).parents[1] / "samples/notes/talk.mp4"
_ENDS: Final = frozenset({"success", "degraded", "failed", "cancelled"})


async def show_notes(stage: Stage) -> dict[str, Any]:
    """Uploaded, watched and written down through the API, without a key and without a network."""
    began = time.monotonic()
    artifact = await stage.upload(TALK, "video/mp4")
    video = await stage.api.json("POST", "/videos", json={"artifact_id": artifact})
    note = await stage.api.json("POST", "/notes", json={"video_id": video["id"]})
    note = await _follow(stage, note)
    if note["status"] not in {"success", "degraded"}:
        raise DemoFailed(f"The note ended as {note['status']}.", note=note["id"])
    say(f"Note: {note['status']}, made by {_makers(note)}.")
    place = f"/notes/{note['id']}"
    highlights = (await stage.api.json("GET", f"{place}/highlights"))["items"]
    shots = (await stage.api.json("GET", f"{place}/screenshots"))["items"]
    saved = await _saved(stage, note, shots)
    return {
        "status": note["status"],
        "seconds": round(time.monotonic() - began, 2),
        "highlights": len(highlights),
        "grounded": sum(each["grounding"]["similarity"] >= 0.9 for each in highlights),  # noqa: PLR2004
        "screenshots": len(shots),
        "transcript": saved["transcript.md"],
        "summary": saved["Summary.md"],
        "page": saved.get("note.html", ""),
        "bundle": saved["note.zip"],
    }


async def _follow(stage: Stage, note: dict[str, Any]) -> dict[str, Any]:
    """Over the WebSocket; each event is a reason to look at the note."""
    with shown_stages("Talk") as tell:
        async for _ in stage.events(note["job_id"]):
            note = await stage.api.json("GET", f"/notes/{note['id']}")
            tell(note)
            if note["status"] in _ENDS:
                break
    return note


def _makers(note: dict[str, Any]) -> str:
    return ", ".join(dict.fromkeys(by["engine"] for by in note["engines"].values()))


async def _saved(stage: Stage, note: dict[str, Any], shots: list[Any]) -> dict[str, str]:
    (stage.folder / "images").mkdir(exist_ok=True)
    files = dict(note["outputs"]) | {each["file"]: each["image_id"] for each in shots}
    return {name: str(await stage.save(artifact, name)) for name, artifact in files.items()}
