"""The table of job kinds and of what runs by the clock: every product adds its lines here."""

from datetime import timedelta
from typing import Final

from application.documents.kinds import DOCUMENT_HOURS, DOCUMENT_KINDS
from application.jobs.kinds import JobKind, JobKinds
from application.notes.kinds import NOTE_HOURS, NOTE_KINDS
from application.retention.sweep import (
    SweepRetention,
    SweepRetentionHandler,
    SweepWorkspace,
    SweepWorkspaceHandler,
)
from application.retention.sweep_orphans import (
    SweepOrphans,
    SweepOrphansHandler,
    SweepOrphansOfWorkspace,
    SweepOrphansOfWorkspaceHandler,
)
from domain.jobs.job import Queue
from domain.jobs.schedule import CronEntry, Timetable

JOB_KINDS: Final[tuple[JobKind, ...]] = (
    JobKind(
        name="retention.sweep",
        command=SweepRetention,
        handler=SweepRetentionHandler,
        queue=Queue.IO,
    ),
    JobKind(
        name="retention.sweep-workspace",
        command=SweepWorkspace,
        handler=SweepWorkspaceHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=30),
    ),
    JobKind(
        name="retention.sweep-orphans",
        command=SweepOrphans,
        handler=SweepOrphansHandler,
        queue=Queue.IO,
        timeout=timedelta(minutes=30),
    ),
    JobKind(
        name="retention.sweep-orphans-of-workspace",
        command=SweepOrphansOfWorkspace,
        handler=SweepOrphansOfWorkspaceHandler,
        queue=Queue.IO,
        timeout=timedelta(hours=2),
    ),
    *DOCUMENT_KINDS,
    *NOTE_KINDS,
)
KINDS: Final = JobKinds(JOB_KINDS)
TIMETABLE: Final = Timetable(
    (
        CronEntry(name="retention.sweep", command=SweepRetention(), every=timedelta(hours=1)),
        CronEntry(
            name="retention.sweep-orphans",
            command=SweepOrphans(),
            every=timedelta(days=1),
            offset=timedelta(hours=2, minutes=30),
        ),
        *DOCUMENT_HOURS,
        *NOTE_HOURS,
    )
)
