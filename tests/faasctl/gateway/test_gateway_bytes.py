"""Heads of answers, header fields, log lines: bytes in, values out."""

from __future__ import annotations

from pathlib import Path

import pytest

from faasctl.gateway import logs
from faasctl.gateway.headers import answer_fields, request_head
from faasctl.gateway.upstream import CHUNKED, BrokenError, parse_head
from faasctl.gateway.watch import quantity


@pytest.mark.parametrize(
    ("head", "method", "length", "keep"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5", "GET", 5, True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5", "HEAD", 0, True),
        (b"HTTP/1.1 204 No Content", "GET", 0, True),
        (b"HTTP/1.1 304 x\r\ncontent-length: 9", "GET", 0, True),
        (b"HTTP/1.1 200", "GET", None, False),
        (b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nContent-Length: 7", "GET", CHUNKED, True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nConnection: close", "GET", 5, False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 5", "GET", 5, False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\nConnection: keep-alive", "GET", 5, True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5", "GET", 5, True),
    ],
)
def test_how_an_answer_is_framed(head: bytes, method: str, length: int | None, keep: bool) -> None:  # noqa: FBT001
    found = parse_head(head + b"\r\n\r\n", method)
    assert (found.length, found.keep) == (length, keep)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"nonsense",
        b"HTTP/2 200 OK",
        b"HTTP/1.1 2x0 OK",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2",
        b"HTTP/1.1 200 OK\r\nno colon",
        b"HTTP/1.1 200 OK\r\nspace : x",
        b"HTTP/1.1 200 OK\r\n folded: x",
    ],
)
def test_what_is_no_answer_is_said_to_be_none(head: bytes) -> None:
    with pytest.raises(BrokenError):
        parse_head(head + b"\r\n\r\n", "GET")


def test_a_requests_head_keeps_order_case_and_bytes() -> None:
    given = [(b"Host", b"h"), (b"X-Two", b"\xff\xfe"), (b"x-two", b"b"), (b"Connection", b"close")]
    head = request_head("GET", "/\udcff?a", given, [(b"X-Added", b"1")])
    assert head == (
        b"GET /\xff?a HTTP/1.1\r\nHost: h\r\nX-Two: \xff\xfe\r\nx-two: b\r\nX-Added: 1\r\n\r\n"
    )


def test_an_answers_fields_lose_what_is_of_the_hop() -> None:
    given = [
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"Connection", b"X-Hop"),
        (b"X-Hop", b"1"),
        (b"Content-Length", b"5"),
        (b"X-Latin", b"caf\xe9"),
    ]
    kept = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Latin", "café")]
    assert answer_fields(given, framed=True) == kept
    assert ("Content-Length", "5") in answer_fields(given, framed=False)


def test_the_place_of_a_hang_is_the_innermost_line_of_the_users_code() -> None:
    dump = [
        "Thread 0x1 (most recent call first):",
        '  File "/usr/lib/python3/socket.py", line 3 in accept',
        '  File "/code/src/app.py", line 12 in load',
        '  File "/code/src/main.py", line 1 in <module>',
    ]
    assert logs.standing_at(dump, "/code") == "src/app.py:12 in load"
    assert logs.standing_at(dump, "/co") == ""


def test_a_failed_start_without_a_place_is_still_told(tmp_path: Path) -> None:
    log = tmp_path / "1.log"
    log.write_text(
        '{"event": "startup_failed", "error": {"type": "E", "message": "m"}}\n"startup_failed"\n'
    )
    assert logs.failure(log) == "E: m"
    assert logs.failure(tmp_path / "none") == ""


def test_logs_are_numbered_kept_and_cut(tmp_path: Path) -> None:
    for expected in (1, 2, 3, 4):
        number, path = logs.new_file(tmp_path, keep=2)
        path.write_text("x" * 100)
        assert number == expected
    assert sorted(one.name for one in tmp_path.iterdir()) == ["3.log", "4.log"]
    with path.open("a") as held:
        logs.rotate(path, 50)
        held.write("new")
    assert (path.read_text(), (tmp_path / "4.log.1").read_text()) == ("new", "x" * 100)


@pytest.mark.parametrize(
    ("size", "text"), [(1, "1"), (2048, "2Ki"), (64 << 20, "64Mi"), ((1 << 30) + 1, "2Gi")]
)
def test_sizes_are_written_as_manifests_do(size: int, text: str) -> None:
    assert quantity(size) == text
