"""Environments by content, the handler beside them, code as a copy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from faasctl.build import code, environment, runtime
from faasctl.build.environment import Environment, Interpreter, environment_key, find_interpreter
from faasctl.errors import BuildError

HERE = Interpreter(sys.executable, "3.11.7")


def test_comments_of_a_lock_are_no_part_of_the_environment() -> None:
    assert environment_key("# a\nsix==1\n", HERE) == environment_key("six==1", HERE)
    assert environment_key("six==1", HERE) != environment_key("six==2", HERE)
    assert environment_key("six==1", HERE) != environment_key("six==1", HERE, ["pytest"])
    other = Interpreter(sys.executable, "3.11.8")
    assert environment_key("six==1", HERE) != environment_key("six==1", other)


def test_the_python_that_runs_this_is_taken_where_it_fits() -> None:
    found = find_interpreter(">=3.11")
    assert found.version == ".".join(map(str, sys.version_info[:3]))


def test_a_python_that_nobody_has_says_what_to_do() -> None:
    with pytest.raises(BuildError, match=r"no Python ==3\.99\.\*") as caught:
        find_interpreter("==3.99.*")
    assert "requires-python" in (caught.value.hint or "")


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(BuildError, match="no version specifier"):
        find_interpreter("three")


def test_code_is_known_by_content_and_by_what_may_be_executed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = code.digest_files(tmp_path, ["a"])
    assert code.digest_files(tmp_path, ["a"]) == first
    (tmp_path / "a").chmod(0o755)
    executable = code.digest_files(tmp_path, ["a"])
    (tmp_path / "a").write_text("2")
    assert len({first, executable, code.digest_files(tmp_path, ["a"])}) == 3


@pytest.mark.e2e
def test_an_environment_holds_the_locked_packages_and_byte_code(tmp_path: Path) -> None:
    said: list[str] = []
    made = environment.prepare(
        tmp_path, "six==1.16.0\n", find_interpreter(">=3.11"), report=said.append
    )
    shown = subprocess.run(
        [made.python, "-I", "-c", "import six; print(six.__version__, six.__cached__)"],
        check=True,
        capture_output=True,
        text=True,
    )
    version, cached = shown.stdout.split()
    assert version == "1.16.0"
    # Bit 0: not checked by time; bit 1 clear: not checked by hash either (PEP 552).
    assert Path(cached).read_bytes()[4] == 0b01
    again = environment.prepare(
        tmp_path, "six==1.16.0\n", find_interpreter(">=3.11"), report=said.append
    )
    assert again.folder == made.folder
    assert len(said) == 1


@pytest.mark.e2e
def test_a_pin_that_the_handler_cannot_run_with_is_refused(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    info = site / "uvicorn-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: uvicorn\nVersion: 0.1\n")
    made = Environment(tmp_path, tmp_path / "bin" / "python", HERE)
    with pytest.raises(BuildError, match=r"uvicorn 0.1 \(it needs uvicorn>="):
        runtime.check_pins(made)


@pytest.mark.e2e
def test_the_runtime_holds_the_handler_its_dependencies_and_byte_code(tmp_path: Path) -> None:
    folder = runtime.prepare(tmp_path, find_interpreter(">=3.11"), report=lambda _: None)
    assert (folder / "handlers" / "start.py").is_file()
    assert (folder / "handlers" / "pages" / "docs.html").is_file()
    assert (folder / "dependencies" / "uvicorn").is_dir()
    compiled = list((folder / "handlers" / "__pycache__").glob("start.*.pyc"))
    assert compiled[0].read_bytes()[4] == 0b01
