"""What Prometheus is told about attempts; no label ever names a workspace."""

from typing import Final

from prometheus_client import Counter, Histogram

from domain.jobs.claim import Claim
from domain.jobs.engine_ports import JobMeter
from domain.jobs.job import JobStatus

_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

STARTED: Final = Counter("jobs_started", "Attempts begun.", ("kind",))
DURATION: Final = Histogram(
    "job_duration_seconds",
    "One attempt, until it was settled.",
    ("kind", "outcome"),
    buckets=_SECONDS,
)
WAIT: Final = Histogram(
    "job_wait_seconds", "From when a job could start until it did.", ("kind",), buckets=_SECONDS
)
ATTEMPTS: Final = Counter("job_attempts", "Attempts ended, by why.", ("kind", "reason"))
LEASES_LOST: Final = Counter("leases_lost", "Attempts whose lease was lost.", ("kind",))


class PrometheusJobMeter(JobMeter):
    def started(self, claim: Claim) -> None:
        STARTED.labels(claim.kind).inc()
        WAIT.labels(claim.kind).observe(max(claim.waited, 0.0))

    def ended(self, claim: Claim, status: JobStatus, reason: str, seconds: float) -> None:
        DURATION.labels(claim.kind, status.value).observe(seconds)
        ATTEMPTS.labels(claim.kind, reason).inc()

    def lost(self, claim: Claim) -> None:
        LEASES_LOST.labels(claim.kind).inc()
        ATTEMPTS.labels(claim.kind, "lease-lost").inc()
