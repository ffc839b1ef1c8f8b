"""What documents do in the background."""

from datetime import timedelta
from typing import Final

from application.documents.assemble_run import AssembleRun, AssembleRunHandler
from application.documents.build_archive import BuildArchive, BuildArchiveHandler
from application.documents.end_stalled_runs import EndStalledRuns, EndStalledRunsHandler
from application.documents.render_document import RenderDocument, RenderDocumentHandler
from application.documents.render_shard import RenderShard, RenderShardHandler
from application.documents.take_in_rows import TakeInRows, TakeInRowsHandler
from application.jobs.kinds import JobKind
from domain.jobs.job import Queue
from domain.jobs.schedule import CronEntry, Missed

_RUN: Final = "bulk run"  # whose state its jobs follow: when it is over, they find nothing to do

DOCUMENT_KINDS: Final = (
    JobKind(
        name="documents.render-document",
        command=RenderDocument,
        handler=RenderDocumentHandler,
        queue=Queue.CPU,
        timeout=timedelta(minutes=20),
    ),
    JobKind(
        name="documents.take-in-rows",
        command=TakeInRows,
        handler=TakeInRowsHandler,
        queue=Queue.CPU,
        timeout=timedelta(minutes=30),
        part_of=_RUN,
    ),
    JobKind(
        name="documents.render-shard",
        command=RenderShard,
        handler=RenderShardHandler,
        queue=Queue.CPU,
        timeout=timedelta(minutes=60),
        part_of=_RUN,
    ),
    JobKind(
        name="documents.assemble-run",
        command=AssembleRun,
        handler=AssembleRunHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=60),
        part_of=_RUN,
    ),
    JobKind(
        name="documents.build-archive",
        command=BuildArchive,
        handler=BuildArchiveHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=60),
    ),
    JobKind(
        name="documents.end-stalled-runs",
        command=EndStalledRuns,
        handler=EndStalledRunsHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=1),
    ),
)
DOCUMENT_HOURS: Final = (
    CronEntry(
        name="documents.end-stalled-runs",
        command=EndStalledRuns(),
        every=timedelta(minutes=1),
        missed=Missed.SKIP,
    ),
)
