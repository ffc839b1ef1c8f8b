"""Notes on the real desk, database and job engine, with stages that do what a test says."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dishka import Provider, Scope, make_async_container, provide
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.audit import SqlAuditLog
from adapters.sql.jobs_views import SqlJobs
from adapters.sql.notes import SqlNotes, SqlVideos
from adapters.sql.session import Principal, bind
from adapters.sql.unit_of_work import SqlUnitOfWork
from adapters.system.clock import SystemClock, Uuid7
from api import settings_for
from application.jobs.kinds import JobKind, JobKinds
from application.notes.cancel_note import CancelNote, CancelNoteHandler
from application.notes.desk import Made, NoteDesk
from application.notes.mend_notes import MendNote, MendNoteHandler, MendNotes, MendNotesHandler
from application.notes.stages import COMMAND_OF, STAGE_OF, StageCommand
from application.notes.start_note import StartNote, StartNoteHandler
from documents import an_artifact
from domain.audit.entry import Origin
from domain.identity.access import Actor
from domain.jobs.job import Queue
from domain.jobs.ports import Bell
from domain.notes.note import Note, NoteId, Stage
from domain.notes.parts import Part
from domain.notes.ports import NoteParts, Notes, Transcripts
from entrypoints.settings import Settings
from entrypoints.wiring.container import PROVIDERS
from recordings import a_part, a_transcript, a_video
from tenants import Tenants
from workshop import Parts, RecordingBell, Workshop

T = TypeVar("T")
SHARDS = 3
Trick = Callable[[int], Awaitable[None]]  # gets how often this part was tried before


@dataclass(slots=True)
class Script:
    """`tricks` happen in the middle of a part; `done` are parts in the order of their work."""

    tricks: dict[tuple[Stage, int], Trick] = field(default_factory=dict)
    done: list[tuple[str, int]] = field(default_factory=list)
    tried: dict[tuple[NoteId, Stage, int], int] = field(default_factory=lambda: defaultdict(int))
    words: tuple[str, ...] = ("a", "b", "c")  # one passage each

    def plan(self, stage: Stage) -> list[Part]:
        shards = range(SHARDS)
        maps = [
            a_part(Stage.MAP, n, input=self.words[n], result={"first": n + 1, "last": n + 1})
            for n in shards
        ]
        return {
            Stage.PROBE: [a_part(each) for each in (Stage.AUDIO, Stage.STITCH, Stage.FRAMES)],
            Stage.AUDIO: [a_part(Stage.SPEECH, shard) for shard in shards],
            Stage.STITCH: [a_part(Stage.CHAPTERS)],
            Stage.CHAPTERS: [*maps, a_part(Stage.REDUCE), a_part(Stage.RENDER)],
        }.get(stage, [])


@dataclass(frozen=True, slots=True)
class StageHandler:
    desk: NoteDesk
    script: Script
    session: AsyncSession
    transcripts: Transcripts

    async def __call__(self, actor: Actor, command: StageCommand) -> None:
        stage = STAGE_OF[type(command)]
        instead = self._instead if stage is Stage.MAP else None
        await self.desk.run(actor, command, self._work, instead=instead)

    async def _work(self, note: Note, part: Part) -> Made:
        key = (note.id, part.stage, part.shard)
        before, self.script.tried[key] = self.script.tried[key], self.script.tried[key] + 1
        self.script.done.append((part.stage.value, part.shard))
        trick = self.script.tricks.get((part.stage, part.shard))
        if trick is not None:
            await self.session.execute(text("SELECT 1"))  # leaves a transaction open
            await trick(before)

        async def store(note: Note) -> None:
            if part.stage is Stage.STITCH:
                await self.transcripts.replace(note, a_transcript(self.script.words))
            if part.stage is Stage.RENDER:
                note.finish({}, self.desk.clock.now())

        return Made(result=part.result, plan=self.script.plan(part.stage), store=store)

    async def _instead(self, note: Note, part: Part) -> dict[str, Any]:
        return {**part.result, "instead": note.title}


KINDS = JobKinds(
    [
        *(
            JobKind(
                name=f"notes.{stage.value}", command=command, handler=StageHandler, queue=Queue.IO
            )
            for stage, command in COMMAND_OF.items()
        ),
        JobKind(name="notes.mend-all", command=MendNotes, handler=MendNotesHandler, queue=Queue.IO),
        JobKind(name="notes.mend", command=MendNote, handler=MendNoteHandler, queue=Queue.IO),
    ]
)


class StageProps(Provider):
    scope = Scope.APP

    def __init__(self, bell: Bell, script: Script) -> None:
        super().__init__()
        self._bell, self._script = bell, script

    handler = provide(StageHandler, scope=Scope.REQUEST)

    @provide(override=True)
    def kinds(self) -> JobKinds:
        return KINDS

    @provide(override=True)
    def bell(self) -> Bell:
        return self._bell

    @provide
    def script(self) -> Script:
        return self._script


@dataclass(frozen=True, slots=True)
class Theatre:
    shop: Workshop
    tenants: Tenants
    script: Script

    def opened(self) -> None:
        """A new play."""
        self.script.tricks.clear()
        self.script.done.clear()
        self.script.words = ("a", "b", "c")

    async def ask(self, actor: Actor, handler: type[Any], command: object) -> Any:
        """A use case, as a person of the workspace."""
        async with self.shop.container() as scope:
            bind(await scope.get(AsyncSession), Principal(actor.user_id, actor.workspace_id))
            return await (await scope.get(handler))(actor, command)

    async def cancel(self, actor: Actor, note: Note) -> None:
        """As over HTTP: no worker may cancel."""
        async with self.tenants.session(actor) as session:
            clock = SystemClock()
            audit = SqlAuditLog(session, clock, Uuid7(), Origin())
            uow = SqlUnitOfWork(session)
            handle = CancelNoteHandler(SqlNotes(session), SqlJobs(session), audit, uow, clock)
            await handle(actor, CancelNote(note_id=note.id))

    async def started(self, actor: Actor) -> Note:
        async with self.tenants.session(actor) as session:
            source, video = an_artifact(actor, media_type="video/mp4"), a_video(actor)
            video.artifact_id = source.id
            await SqlArtifacts(session).add(source)
            SqlVideos(session).add(video)
            await session.commit()
        note: Note = await self.ask(actor, StartNoteHandler, StartNote(video_id=video.id))
        return note

    async def seen(self, actor: Actor, note: Note) -> tuple[Note, dict[tuple[str, int], Part]]:
        """The note as it is now, and its parts by stage and shard."""
        async with self.shop.container() as scope:
            bind(await scope.get(AsyncSession), Principal(actor.user_id, actor.workspace_id))
            now = await (await scope.get(Notes)).get(actor.workspace_id, note.id)
            parts = await (await scope.get(NoteParts)).all(now)
            return now, {(part.stage.value, part.shard): part for part in parts}

    def jobs(self, note: Note, kind: str) -> Any:
        """How many of a kind there ever were."""
        query = "SELECT count(*) FROM jobs WHERE subject = %s AND kind = %s"
        return self.shop.ask(query, note.id, kind)


@asynccontextmanager
async def theatre_on(
    url: Callable[[str], str], redis_url: str, tenants: Tenants
) -> AsyncIterator[Theatre]:
    """Nothing that opens media, listens or reads is ever asked for, so it need not be there."""
    bell, script = RecordingBell(), Script()
    container = make_async_container(
        *(provider() for provider in PROVIDERS),
        StageProps(bell, script),
        context={Settings: settings_for(url("atelier_worker"), redis_url)},
        skip_validation=True,
    )
    try:
        yield Theatre(Workshop(url, container, Parts(), bell), tenants, script)
    finally:
        await container.close()
