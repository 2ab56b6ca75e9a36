"""Folders named by their content are complete or not there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from faasctl.build import cache


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    made: list[Path] = []
    for _ in range(2):
        cache.prepared(tmp_path / "x", made.append)
    assert made == [tmp_path / "x"]


def test_what_failed_leaves_nothing_and_is_made_again(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        cache.prepared(tmp_path / "x", fail)
    assert not (tmp_path / "x").exists()
    cache.prepared(tmp_path / "x", lambda folder: (folder / "whole").touch())
    assert (tmp_path / "x" / "whole").exists()


def test_what_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "half").write_text("")
    cache.prepared(tmp_path / "x", lambda folder: (folder / "whole").touch())
    assert not (tmp_path / "x" / "half").exists()


def test_two_that_want_the_same_folder_make_it_once(tmp_path: Path) -> None:
    made: list[Path] = []
    both = threading.Barrier(2)

    def want() -> None:
        both.wait()
        cache.prepared(tmp_path / "x", made.append)

    threads = [threading.Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_keys_tell_parts_apart() -> None:
    assert cache.key("ab", "c") != cache.key("a", "bc")
    assert cache.key("a", b"b") == cache.key("a", "b")
