"""The table of job kinds and of what runs by the clock: every product adds its lines here."""

from typing import Final

from application.jobs.kinds import JobKind, JobKinds

JOB_KINDS: Final[tuple[JobKind, ...]] = ()
KINDS: Final = JobKinds(JOB_KINDS)
