"""Logs of many processes read as one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from faasctl.backends.local_logs import Wanted, follow, read


def line(time: float, text: str) -> str:
    return json.dumps({"time": time, "message": text})


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.writelines(f"{one}\n" for one in lines)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "r-1/1.log", line(1, "a"), "plain a")
    write(tmp_path, "r-2/1.log.1", line(2, "b"))
    write(tmp_path, "r-2/1.log", line(4, "d"), "plain d", line(7, "g"))
    write(tmp_path, "r-2/2.log", line(3, "c"), line(5, "e"), line(6, "f"))
    return tmp_path


def texts(lines: Iterator[str]) -> str:
    return "".join(json.loads(one)["message"] if one.startswith("{") else "+" for one in lines)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted({"r-2"}), "bcd+efg"),
        (Wanted({"r-1", "r-2"}), "a+bcd+efg"),
        (Wanted({"r-2"}, since=4.0), "d+efg"),
        (Wanted({"r-2"}, previous=True), "a+"),
        (Wanted({"r-1", "r-2"}, previous=True), "a+bd+g"),
        (Wanted({"r-3"}), ""),
    ],
)
def test_what_is_read_and_in_which_order(folder: Path, wanted: Wanted, expected: str) -> None:
    assert texts(read(folder, wanted)) == expected


def test_nothing_was_printed_yet(tmp_path: Path) -> None:
    assert list(read(tmp_path / "none", Wanted({"r-1"}))) == []


def test_following_sees_new_lines_new_processes_and_a_cut_file(folder: Path) -> None:
    lines = follow(folder, Wanted({"r-2"}))
    assert texts(islice(lines, 6)) == "cd+efg"
    last = write(folder, "r-2/2.log", line(8, "h"))
    assert texts(islice(lines, 1)) == "h"
    write(folder, "r-3/1.log", line(9, "i"))
    assert texts(islice(lines, 1)) == "i"
    last.write_text("")
    write(folder, "r-2/1.log", line(10, "j"))
    assert texts(islice(lines, 1)) == "j"
    write(folder, "r-2/2.log", line(11, "k"))
    assert texts(islice(lines, 1)) == "k"


def test_following_waits_for_the_end_of_a_line(folder: Path) -> None:
    lines = follow(folder, Wanted({"r-3"}))
    path = folder / "r-3" / "1.log"
    path.parent.mkdir()
    path.write_text(line(9, "whole") + "\n" + '{"time": 10, ')
    assert texts(islice(lines, 1)) == "whole"
    with path.open("a") as file:
        file.write('"message": "later"}\n')
    assert texts(islice(lines, 1)) == "later"
