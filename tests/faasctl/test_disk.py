"""Files that are whole at every moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from faasctl import disk


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    disk.replace(path, b"old")
    disk.replace(path, b"new", mode=0o640)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    disk.replace(path, b"old")
    with pytest.raises(TypeError):
        disk.replace(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_private_folder_is_private(tmp_path: Path) -> None:
    made = disk.make_private(tmp_path / "a" / "b")
    assert made.stat().st_mode & 0o777 == 0o700
    assert disk.make_private(made) == made
