"""Which lock a module has, and when it is made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from faasctl.build.lock import LOCK_FILE, dependencies_digest, development_requirements, lock
from faasctl.errors import BuildError
from faasctl.model import ImageBuild

PROJECT = '[project]\nname = "m"\nversion = "1"\nrequires-python = ">=3.11"\n'


def locked(root: Path, build: ImageBuild | None = None) -> tuple[str, list[str]]:
    said: list[str] = []
    found = lock(root, build or ImageBuild(), report=said.append)
    return found.requirements, said


def test_the_digest_covers_dependencies_in_any_order_and_the_python() -> None:
    one = {"project": {"dependencies": ["a", "b"], "requires-python": ">=3.11"}}
    other = {"project": {"dependencies": ["b", "a"], "requires-python": ">=3.11"}}
    third = {"project": {"dependencies": ["b", "a"], "requires-python": ">=3.12"}}
    assert dependencies_digest(one) == dependencies_digest(other) != dependencies_digest(third)


def test_a_module_without_dependencies_needs_no_lock(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert locked(tmp_path) == ("", [])
    assert not (tmp_path / LOCK_FILE).exists()


def test_a_folder_without_a_project_is_plain_python(tmp_path: Path) -> None:
    found = lock(tmp_path, ImageBuild(), report=print)
    assert (found.requirements, found.python) == ("", ">=3.11")


def test_a_lock_that_fits_is_read_and_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT + 'dependencies = ["six"]\n')
    digest = dependencies_digest(
        {"project": {"dependencies": ["six"], "requires-python": ">=3.11"}}
    )
    text = f"# faasctl lock: sha256:{digest}\nsix==1.17.0\n"
    (tmp_path / LOCK_FILE).write_text(text)
    assert locked(tmp_path) == (text, [])


def test_a_python_in_the_manifest_decides(tmp_path: Path) -> None:
    found = lock(tmp_path, ImageBuild(python="3.12"), report=print)
    assert found.python == "==3.12.*"


def test_a_named_file_is_the_lock(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT + 'dependencies = ["six"]\n')
    (tmp_path / "other.txt").write_text("six==1.16.0\n")
    assert locked(tmp_path, ImageBuild(dependencies="other.txt")) == ("six==1.16.0\n", [])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"other.txt can't be read"):
        locked(tmp_path, ImageBuild(dependencies="other.txt"))


def test_a_broken_project_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n")
    with pytest.raises(BuildError, match=r"pyproject.toml: .*line 1"):
        locked(tmp_path)


def test_development_packages_are_those_of_all_groups(tmp_path: Path) -> None:
    groups = '[dependency-groups]\ndev = ["pytest"]\ntrain = ["x>=1", {include-group = "dev"}]\n'
    (tmp_path / "pyproject.toml").write_text(PROJECT + groups)
    assert development_requirements(tmp_path) == ("pytest", "x>=1")


@pytest.mark.e2e
def test_a_changed_dependency_makes_the_lock_anew_and_keeps_other_versions(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT + 'dependencies = ["six<1.17"]\n')
    first, said = locked(tmp_path)
    assert "six==1.16.0" in first
    assert "--hash=sha256:" in first
    assert len(said) == 1
    assert locked(tmp_path) == (first, [])
    (tmp_path / "pyproject.toml").write_text(PROJECT + 'dependencies = ["six", "h11"]\n')
    second, _ = locked(tmp_path)
    assert "six==1.16.0" in second
    assert "h11==" in second
    assert "://" not in second


@pytest.mark.e2e
def test_a_dependency_that_nobody_has_is_uvs_own_words(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT + 'dependencies = ["six==99"]\n')
    with pytest.raises(BuildError, match="six==99") as caught:
        locked(tmp_path)
    assert caught.value.hint
    assert not (tmp_path / LOCK_FILE).exists()
