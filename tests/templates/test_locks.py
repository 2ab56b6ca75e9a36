"""The locks that the template and the examples carry."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from faasctl import process
from faasctl.build.lock import dependencies_digest
from faasctl.scaffold import ScaffoldRequest, scaffold

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "templates" / "cookiecutter-module"
EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/pyproject.toml"))
FRAMEWORKS = ("scikit-learn", "onnx", "python")
PYTHONS = ("3.11", "3.12", "3.13")
HEADER = "# faasctl lock: sha256:"

#: The template's locks, and the dependency groups that each has beside the function's own needs.
LOCKS = [
    ("scikit-learn", "requirements.lock", ()),
    ("onnx", "requirements.lock", ()),
    ("onnx", "requirements-train.lock", ("train",)),
    ("python", "requirements.lock", ()),
]


def make(parent: Path, framework: str, python: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    answers = {"framework": framework, "python_version": python}
    request = ScaffoldRequest("flowers", parent, answers=answers)
    return scaffold(request, progress=lambda _: None).directory


def project(module: Path) -> dict[str, Any]:
    return tomllib.loads((module / "pyproject.toml").read_text("utf-8"))


def compiled(module: Path, groups: tuple[str, ...] = ()) -> str:
    """The lock of a module as uv makes it: versions and hashes, no addresses."""
    options = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    wanted = [word for group in groups for word in ("--group", group)]
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *wanted, *options]
    done = process.run(command, directory=module)
    assert done.code == 0, done.output
    return "".join(f"{line}\n" for line in done.lines)


def check_lock(lock: Path, pyproject: dict[str, Any]) -> None:
    first, *lines = lock.read_text("utf-8").splitlines()
    assert first == HEADER + dependencies_digest(pyproject)
    assert not [line for line in lines if "://" in line or "{" in line]
    pins = [line for line in lines if not line.startswith(" ")]
    assert all(re.match(r"[a-z0-9][a-z0-9._-]*==\S+ ", pin) for pin in pins)
    for requirement in pyproject["project"]["dependencies"]:
        name = re.split(r"[><=]", requirement)[0]
        assert any(pin.startswith(f"{name}==") for pin in pins)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("framework", "name", "groups"), LOCKS)
def test_lock_is_of_these_dependencies(
    tmp_path: Path, framework: str, name: str, groups: tuple[str, ...], python: str
) -> None:
    module = make(tmp_path, framework, python)
    check_lock(module / name, project(module))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_example_lock_is_of_its_dependencies(example: Path) -> None:
    check_lock(example / "requirements.lock", project(example))


def test_refresh(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--refresh-locks", default=False):
        pytest.skip("asked for by `pytest tests/templates --refresh-locks`")
    for framework, name, groups in LOCKS:
        folder = tmp_path / framework / name
        modules = {python: make(folder / python, framework, python) for python in PYTHONS}
        digests = {python: dependencies_digest(project(one)) for python, one in modules.items()}
        header = f"{HEADER}{{{{ {json.dumps(digests)}[cookiecutter.python_version] }}}}\n"
        body = compiled(modules[PYTHONS[0]], groups)
        (TEMPLATE / "templates" / framework / name).write_text(header + body, "utf-8")
    for example in EXAMPLES:
        digest = dependencies_digest(project(example))
        text = f"{HEADER}{digest}\n{compiled(example)}"
        (example / "requirements.lock").write_text(text, "utf-8")
