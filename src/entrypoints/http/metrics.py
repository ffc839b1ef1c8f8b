"""What Prometheus is told about HTTP; no label ever names a workspace, a user or a full path."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS: Final = Counter(
    "http_requests_total", "Answered requests.", ("method", "route", "status")
)
DURATION: Final = Histogram(
    "http_request_duration_seconds",
    "From the first byte in to the last byte out.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT: Final = Gauge("http_requests_in_flight", "Requests being answered now.")
REFUSED: Final = Counter("http_problems_total", "Problem documents sent, by code.", ("code",))
RATE_LIMIT_DEGRADED: Final = Gauge(
    "rate_limit_degraded", "1 while Redis is away and this process counts on its own."
)
