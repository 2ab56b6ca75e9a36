"""The Prometheus text of a process's counters."""

from __future__ import annotations

import re

from handlers.engine.metrics import BOUNDS, Metrics

_SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="[^"\\\n]*",?)*)\} (\S+)')


def samples(text: str) -> dict[tuple[str, str], float]:
    """Every sample of a text in the exposition format; fails on a line of another form."""
    found: dict[tuple[str, str], float] = {}
    typed: dict[str, str] = {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert word in {"HELP", "TYPE"}
            if word == "TYPE":
                assert name not in typed, "a family is given once"
                typed[name] = rest
            continue
        match = _SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert family in typed or name in typed, f"{name} has no TYPE"
        assert (name, labels) not in found, "a series is given once"
        found[name, labels] = float(value)
    return found


LABELS = 'namespace="demo",component="f"'


def test_a_process_that_answered_nothing_counts_zero() -> None:
    found = samples(Metrics("f", "demo").text())
    assert found["faasctl_request_duration_seconds_count", LABELS] == 0
    assert found["faasctl_cold_starts_total", LABELS] == 1
    assert not any(name == "faasctl_model_load_seconds" for name, _ in found)


def test_requests_are_counted_by_protocol_and_code() -> None:
    metrics = Metrics("f", "demo")
    for status in (200, 200, 400, 500, 504):
        metrics.observe("predict", status, 0.02)
    metrics.observe("v2", 200, 100.0)
    metrics.model_load_seconds = 1.5
    found = samples(metrics.text())
    assert found["faasctl_requests_total", f'{LABELS},protocol="predict",code="200"'] == 2
    assert found["faasctl_requests_total", f'{LABELS},protocol="v2",code="200"'] == 1
    assert found["faasctl_request_errors_total", LABELS] == 2
    assert found["faasctl_model_load_seconds", LABELS] == 1.5


def test_buckets_are_cumulative_and_include_their_bound() -> None:
    metrics = Metrics("f", "demo")
    for seconds in (0.0, 0.005, 0.0051, 60.0, 61.0):
        metrics.observe("predict", 200, seconds)
    found = samples(metrics.text())
    name = "faasctl_request_duration_seconds"
    counts = [found[f"{name}_bucket", f'{LABELS},le="{bound}"'] for bound in (*BOUNDS, "+Inf")]
    assert counts == sorted(counts)
    assert counts[:2] == [2, 3]
    assert counts[-2:] == [4, 5]
    assert found[f"{name}_count", LABELS] == 5
    assert found[f"{name}_sum", LABELS] == 121.0101
