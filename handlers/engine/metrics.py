"""Counters of one process, and their Prometheus text.

Source: Prometheus text exposition format 0.0.4.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

#: Upper bounds of the latency histogram, in seconds.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Metrics:
    """What one process counts of its inference requests."""

    component: str
    namespace: str
    requests: dict[tuple[str, int], int] = field(default_factory=dict)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0
    in_flight: int = 0
    model_load_seconds: float | None = None
    cold_starts: int = 1

    def observe(self, protocol: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        key = (protocol, status)
        self.requests[key] = self.requests.get(key, 0) + 1
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def text(self) -> str:
        """All counters in the text format, one family after the other."""
        labels = f'namespace="{self.namespace}",component="{self.component}"'
        lines = [
            *_family("faasctl_requests_total", "counter", "Inference requests answered"),
            *(
                f'faasctl_requests_total{{{labels},protocol="{protocol}",code="{status}"}} {count}'
                for (protocol, status), count in sorted(self.requests.items())
            ),
            *_family("faasctl_request_errors_total", "counter", "Inference requests answered 5xx"),
            f"faasctl_request_errors_total{{{labels}}} {self._errors()}",
            *_family("faasctl_request_duration_seconds", "histogram", "Time to answer a request"),
            *self._histogram(labels),
            *_family("faasctl_requests_in_flight", "gauge", "Requests that wait for their answer"),
            f"faasctl_requests_in_flight{{{labels}}} {self.in_flight}",
            *_family("faasctl_cold_starts_total", "counter", "Starts of a process"),
            f"faasctl_cold_starts_total{{{labels}}} {self.cold_starts}",
        ]
        if self.model_load_seconds is not None:
            lines += _family("faasctl_model_load_seconds", "gauge", "Time of the first call")
            lines.append(f"faasctl_model_load_seconds{{{labels}}} {self.model_load_seconds:.6f}")
        return "\n".join(lines) + "\n"

    def _errors(self) -> int:
        return sum(count for (_, status), count in self.requests.items() if status >= 500)

    def _histogram(self, labels: str) -> list[str]:
        name, total, lines = "faasctl_request_duration_seconds", 0, []
        for bound, count in zip((*BOUNDS, "+Inf"), self.buckets, strict=True):
            total += count
            lines.append(f'{name}_bucket{{{labels},le="{bound}"}} {total}')
        return [
            *lines,
            f"{name}_sum{{{labels}}} {self.seconds:.6f}",
            f"{name}_count{{{labels}}} {total}",
        ]


def _family(name: str, kind: str, description: str) -> list[str]:
    return [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]
