from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faasctl.manifest.quantities import (
    format_cpu,
    format_duration,
    format_memory,
    parse_cpu,
    parse_duration,
    parse_memory,
)


@pytest.mark.parametrize(
    ("text", "millicores"),
    [("500m", 500), ("1", 1000), ("0.5", 500), ("2", 2000), ("1.25", 1250), ("0.0001", 1)],
)
def test_cpu(text: str, millicores: int) -> None:
    assert parse_cpu(text) == millicores


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("256M", 256_000_000),
        ("1Gi", 1024**3),
        ("128Mi", 128 * 1024**2),
        ("1000", 1000),
        ("0.5Gi", 512 * 1024**2),
        ("1e9", 10**9),
        ("1k", 1000),
        ("1Ki", 1024),
        ("0.0001k", 1),
    ],
)
def test_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60s", 60),
        ("2m", 120),
        ("500ms", 0.5),
        ("1h", 3600),
        ("1h30m", 5400),
        ("60", 60),
        ("1.5", 1.5),
    ],
)
def test_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "1k", "-1", "1.5m", "1 ", "1\n", "٣", "0x1", "nan"])
def test_no_cpu(text: str) -> None:
    with pytest.raises(ValueError, match="expected a CPU quantity"):
        parse_cpu(text)


@pytest.mark.parametrize(
    "text", ["", "1m", "1K", "1GB", "1gi", "-1", "1 G", "1G\n", "٣", "inf", "1e"]
)
def test_no_memory(text: str) -> None:
    with pytest.raises(ValueError, match="expected a memory quantity"):
        parse_memory(text)


@pytest.mark.parametrize("text", ["9e99", "8Ei", "999999999999999999E"])
def test_more_memory_than_there_is(text: str) -> None:
    with pytest.raises(ValueError, match="expected less than 8Ei"):
        parse_memory(text)


@pytest.mark.parametrize("text", ["", "s", "1:30", "1d", "-1s", "1 s", "1s\n", "1s2", "1e3", "٣s"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (1, "1"),
        (1000, "1k"),
        (1024, "1Ki"),
        (256_000_000, "256M"),
        (1024**3, "1Gi"),
        (1_500_000_000, "1500M"),
        (10**9, "1G"),
        (1023, "1023"),
    ],
)
def test_memory_is_written_short(size: int, text: str) -> None:
    assert format_memory(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (60, "1m"),
        (90, "90s"),
        (0.5, "500ms"),
        (3600, "1h"),
        (5400, "90m"),
        (1.5, "1500ms"),
    ],
)
def test_duration_is_written_short(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, 10**8))
def test_cpu_goes_round(millicores: int) -> None:
    assert parse_cpu(format_cpu(millicores)) == millicores


@given(st.integers(0, 2**63 - 1))
def test_memory_goes_round(size: int) -> None:
    assert parse_memory(format_memory(size)) == size


@given(st.integers(0, 10**10))
def test_duration_goes_round(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == milliseconds / 1000
