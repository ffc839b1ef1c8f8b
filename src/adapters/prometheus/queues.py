"""What Prometheus is told about queues: the same whoever answers, so ask any one process."""

from typing import Final

from prometheus_client import Gauge

DEPTH: Final = Gauge("queue_depth", "Jobs that wait, are scheduled or run.", ("queue", "state"))
OLDEST: Final = Gauge("queue_oldest_age_seconds", "How long the oldest job waits.", ("queue",))
OUTBOX: Final = Gauge("outbox_oldest_age_seconds", "How long the oldest message waits.")
INTENTS: Final = Gauge("intents_unresolved", "Effects outside that may or may not have happened.")
WORKERS: Final = Gauge("workers_alive", "Workers heard of within the last minute.")
