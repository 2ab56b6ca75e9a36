"""Which files of a module go into a function."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from faasctl.build.sources import module_files
from faasctl.errors import BuildError
from faasctl.model import ImageBuild


@pytest.fixture
def module(tmp_path: Path) -> Path:
    root = tmp_path / "module"
    for name in [
        "src/a.py",
        "src/data.txt",
        "model/m.bin",
        "secret/.env",
        ".venv/x.py",
        "notes.md",
    ]:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (root / "src/__pycache__").mkdir()
    (root / "src/__pycache__/a.pyc").write_text("")
    (root / ".gitignore").write_text("model/\n")
    return root


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


@pytest.mark.parametrize("repository", [False, True])
def test_what_git_would_track_goes_in_and_ignored_files_do_not(
    module: Path, *, repository: bool
) -> None:
    if repository:
        git(module, "init", "-q")
    found = module_files(module, ImageBuild())
    assert found == (".gitignore", "notes.md", "src/a.py", "src/data.txt")


def test_a_tracked_file_goes_in_even_when_a_pattern_ignores_it(module: Path) -> None:
    git(module, "init", "-q")
    git(module, "add", "-f", "model/m.bin")
    assert "model/m.bin" in module_files(module, ImageBuild())


@pytest.mark.parametrize("pattern", ["model/**", "model/", "model/m.bin", "*.bin"])
def test_include_brings_ignored_files(module: Path, pattern: str) -> None:
    assert "model/m.bin" in module_files(module, ImageBuild(include=(pattern,)))


def test_exclude_takes_files_out(module: Path) -> None:
    found = module_files(module, ImageBuild(exclude=("*.md", "src/data.txt")))
    assert found == (".gitignore", "src/a.py")


def test_an_include_that_finds_nothing_says_so(module: Path) -> None:
    with pytest.raises(BuildError, match=r"image.build.include: 'weights/\*\*' matches no file"):
        module_files(module, ImageBuild(include=("weights/**",)))


def test_a_module_in_a_folder_that_its_repository_ignores_still_has_files(module: Path) -> None:
    git(module.parent, "init", "-q")
    (module.parent / ".gitignore").write_text("module/\n")
    assert "src/a.py" in module_files(module, ImageBuild())


def test_a_secret_file_never_goes_in(module: Path) -> None:
    found = module_files(module, ImageBuild(include=("src/**",)))
    assert "secret/.env" not in found
