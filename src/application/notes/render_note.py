"""Lay a note out: screenshots, Summary.md and all that people take away; safe to run twice."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from application.artifacts.shelf import ArtifactShelf, NewArtifact
from application.notes.desk import Made, NoteDesk
from application.notes.look_at_video import sighting_of
from application.notes.note_material import Gathering, Material, page_of
from application.notes.stages import RenderNote
from domain.ai.ports import AiLedger
from domain.artifacts.artifact import ArtifactId
from domain.artifacts.keys import artifact_key
from domain.artifacts.ports import BlobInfo, BlobStore
from domain.identity.access import Actor, Permission
from domain.kernel.errors import DomainError
from domain.kernel.ports import Ids
from domain.kernel.retention import RetentionClass
from domain.notes.frames import FrameCandidate, Picture, Screenshot
from domain.notes.note import Note, Stage, Warned
from domain.notes.page import image_name, markdown
from domain.notes.parts import Part, PartState
from domain.notes.ports import Findings, GrabOrder, MediaEngine, NotePrinter
from domain.notes.printing import PrintOrder
from domain.notes.showing import chapter_of, shown
from domain.notes.transcript import Segment
from domain.notes.transcript_exports import TranscriptFormat, exported

WIDTH: Final = 1600
SUMMARY: Final = "Summary.md"
BUNDLE: Final = "note.zip"
_TYPES: Final = {
    "md": "text/markdown",
    "json": "application/json",
    "srt": "text/plain",
    "vtt": "text/vtt",
    "txt": "text/plain",
    "jpg": "image/jpeg",
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
_NO_PICTURES: Final = "The screenshots could not be taken."
_VIDEO_GONE: Final = "The video's file is gone, so there are no screenshots any more."
_NOT_PRINTED: Final = "The note could not be printed as HTML, Word and PDF."


@dataclass(slots=True, kw_only=True)
class _Drawn:
    """What rendering has made so far: files by name, and the pictures among them."""

    files: dict[str, BlobInfo] = field(default_factory=dict)
    screenshots: list[Screenshot] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RenderNoteHandler:
    """Idempotent: objects are named by the attempt, rows are written in the last transaction.

    Pictures and printed pages are extras: without them there is still a note, which says so.
    """

    desk: NoteDesk
    gathering: Gathering
    findings: Findings
    blobs: BlobStore
    shelf: ArtifactShelf
    media: MediaEngine
    printer: NotePrinter
    ledger: AiLedger
    ids: Ids

    async def __call__(self, actor: Actor, command: RenderNote) -> None:
        actor.require(Permission.NOTES_WRITE)

        async def work(note: Note, part: Part) -> Made:
            return await self._render(actor, note)

        await self.desk.run(actor, command, work)

    async def _render(self, actor: Actor, note: Note) -> Made:
        material = await self.gathering(note)
        frames = await self.desk.parts.of(note, Stage.FRAMES)
        await self.desk.uow.commit()
        drawn = _Drawn()
        if frames and frames[0].state is PartState.DONE:
            await self._pictures(note, material, frames[0], drawn)
        requests = await self.ledger.requests(actor, subject=note.id)
        costs = [each.use.cost_micros for each in requests]
        cost = sum(each or 0 for each in costs) if costs and None not in costs else None
        page = page_of(note, material, tuple(drawn.screenshots), (*note.warnings, *drawn.warnings))
        text = markdown(replace(page, cost_micros=cost))
        await self._texts(note, material, text, drawn)
        await self._print(note, material, text, drawn)
        bundle = {name: blob.key for name, blob in drawn.files.items()}
        drawn.files[BUNDLE] = await self.printer.bundle(bundle, self._key(note, BUNDLE))

        async def store(note: Note) -> None:
            note.finish(await self._keep(actor, note, drawn), self.desk.clock.now())

        return Made(result={"files": sorted(drawn.files)}, warnings=drawn.warnings, store=store)

    async def _pictures(self, note: Note, material: Material, frames: Part, drawn: _Drawn) -> None:
        chosen = shown(sighting_of(frames).candidates, material.chapters, note.options.screenshots)
        if not chosen:
            return
        if material.source_key is None:
            drawn.warnings.append(Warned("notes.video-gone", _VIDEO_GONE))
            return
        order = GrabOrder(
            source_key=material.source_key,
            facts=material.facts,
            prefix=self._key(note, "frames"),
            times_ms=tuple(each.time_ms for each in chosen),
            width=WIDTH,
        )
        try:
            pictures = await self.media.grab(order)
        except DomainError as error:
            facts = {"because": error.code}
            drawn.warnings.append(Warned("notes.frames-failed", _NO_PICTURES, facts))
            return
        for number, (frame, picture) in enumerate(zip(chosen, pictures, strict=True), start=1):
            shot = self._screenshot(number, frame, picture, material)
            drawn.screenshots.append(shot)
            drawn.files[image_name(shot)] = BlobInfo(
                key=picture.key, size=picture.size, sha256=picture.sha256
            )

    def _screenshot(
        self, number: int, frame: FrameCandidate, picture: Picture, material: Material
    ) -> Screenshot:
        return Screenshot(
            number=number,
            image_id=ArtifactId(self.ids.new()),
            at_ms=picture.time_ms,
            chapter=chapter_of(picture.time_ms, material.chapters),
            kind=frame.kind,
            width=picture.width,
            height=picture.height,
            caption=_said_at(picture.time_ms, material.transcript.segments),
        )

    async def _texts(self, note: Note, material: Material, text: str, drawn: _Drawn) -> None:
        names = note.speakers
        texts = {SUMMARY: text.encode()} | {
            f"transcript.{each.value}": exported(material.transcript, each, names).encode()
            for each in TranscriptFormat
        }
        texts["coverage.json"] = _json(material.coverage)
        texts["highlights.json"] = _json(material.highlights)
        for name, content in texts.items():
            drawn.files[name] = await self.blobs.put(self._key(note, name), _once(content))

    async def _print(self, note: Note, material: Material, text: str, drawn: _Drawn) -> None:
        order = PrintOrder(
            title=note.title,
            markdown=text,
            pictures={
                image_name(each): drawn.files[image_name(each)].key for each in drawn.screenshots
            },
            language=note.options.note_language or material.transcript.language,
            html_key=self._key(note, "note.html"),
            docx_key=self._key(note, "note.docx"),
            pdf_key=self._key(note, "note.pdf"),
        )
        try:
            printed = await self.printer.print(order)
        except DomainError as error:
            facts = {"because": error.code}
            drawn.warnings.append(Warned("notes.print-failed", _NOT_PRINTED, facts))
            return
        drawn.files |= {
            "note.html": printed.html,
            "note.docx": printed.docx,
            "note.pdf": printed.pdf,
        }

    async def _keep(self, actor: Actor, note: Note, drawn: _Drawn) -> Mapping[str, str]:
        shots = {image_name(each): each for each in drawn.screenshots}
        kept: dict[str, ArtifactId] = {}
        for name, blob in drawn.files.items():
            artifact = await self.shelf.record(
                actor,
                NewArtifact(
                    kind="notes.screenshot" if name in shots else "notes.file",
                    blob=blob,
                    file_name=f"{note.title} {name.replace('/', ' ')}",
                    media_type=_TYPES[name.rsplit(".", 1)[-1]],
                    retention=RetentionClass.ARTIFACT,
                    job_id=self.desk.job.id,
                ),
            )
            kept[name] = artifact.id
        found = [replace(each, image_id=kept[name]) for name, each in shots.items()]
        await self.findings.set_screenshots(note, found)
        return {name: str(kept[name]) for name in kept if name not in shots}

    def _key(self, note: Note, name: str) -> str:
        job = self.desk.job
        return artifact_key(note.workspace_id, job.id, job.fence, name)


def _said_at(time_ms: int, segments: Sequence[Segment]) -> str:
    """What was being said when a picture was shown, as its description."""
    said = next((s for s in segments if s.start_ms <= time_ms <= s.end_ms), None)
    if said is None:
        said = next((s for s in segments if s.start_ms > time_ms), None)
    return "" if said is None else said.text[:200]


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
