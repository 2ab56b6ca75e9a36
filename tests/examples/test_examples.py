"""The examples are whole modules: valid, declared, tidy; each trains and passes its own tests."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest

from faasctl import cases, process
from faasctl.build import lock
from faasctl.manifest import check
from handlers.contract import docstring

ROOT = Path(__file__).parents[2] / "examples"
ALL = sorted(path.parent.name for path in ROOT.glob("*/pyproject.toml"))
NAMES = [name for name in ALL if (ROOT / name / cases.FOLDER).is_dir()]

#: A golden case has no file to send: these are called by the end-to-end tests.
WITHOUT_CASES = [name for name in ALL if name not in NAMES]
RULES = "E,F,W,I,UP,B,SIM,RET,C4"


@pytest.fixture(scope="session")
def cache() -> str:
    """uv's own cache, found before a test hides the user's home."""
    done = process.run([sys.executable, "-m", "uv", "cache", "dir"])
    return os.environ.get("UV_CACHE_DIR") or done.lines[-1]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


def copied(name: str, target: Path) -> Path:
    """The example without what earlier runs may have left in it."""
    done = process.run(["git", "ls-files", "-co", "--exclude-standard", "."], directory=ROOT / name)
    assert done.code == 0, done.output
    for file in done.lines:
        to = target / name / file
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes((ROOT / name / file).read_bytes())
    return target / name


def ran(module: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": "src", "PYTHONWARNINGS": "error"}
    done = process.run(command, directory=module, environment=environment)
    assert done.code == 0, done.output
    return done.output


def test_there_are_examples() -> None:
    assert NAMES == ["digits", "hello", "iris", "text"]
    assert WITHOUT_CASES == ["pictures"]


@pytest.mark.parametrize("name", WITHOUT_CASES)
def test_a_module_of_files_has_no_problems_either(name: str) -> None:
    assert check(ROOT / name).problems == ()


def development(module: Path) -> tuple[str, ...]:
    return lock.development_requirements(module)


@pytest.mark.parametrize("name", NAMES)
def test_manifests_have_no_problems(name: str) -> None:
    checked = check(ROOT / name)
    assert checked.problems == ()
    assert checked.module is not None
    assert checked.module.namespace == name
    assert [function.name for function in checked.module.functions] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_golden_cases_speak_both_protocols(name: str) -> None:
    found = cases.load(ROOT / name)
    assert len(found) >= 3
    assert {case.path for case in found} == {"/predict", f"/v2/models/{name}/infer"}
    module = check(ROOT / name).module
    assert module is not None
    assert module.functions[0].warmup in {case.name for case in found}


@pytest.mark.parametrize("name", NAMES)
def test_docstring_declares_what_the_cases_use(name: str) -> None:
    tree = ast.parse((ROOT / name / "src" / name / "predict.py").read_text("utf-8"))
    (function,) = (
        one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "inference"
    )
    declared = docstring.parse(ast.get_docstring(function))
    assert all(one.types for one in (*declared.inputs, *declared.outputs))
    for case in cases.load(ROOT / name):
        given = {tensor["name"] for tensor in case.request["inputs"]}
        assert given == {one.name for one in declared.inputs}
        told = {tensor["name"] for tensor in case.expect["outputs"]}
        assert told <= {one.name for one in declared.outputs}


@pytest.mark.parametrize("name", NAMES)
def test_python_is_clean(name: str) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", "--line-length", "100", "."]
    ran(ROOT / name, *ruff, "check", "--select", RULES, *options)
    ran(ROOT / name, *ruff, "format", "--check", *options)


@pytest.mark.e2e
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("home")
def test_trains_and_passes_its_own_tests(tmp_path: Path, name: str, cache: str) -> None:
    module = copied(name, tmp_path)
    python = str(tmp_path / "environment" / "bin" / "python")
    uv = [sys.executable, "-m", "uv", "--quiet", "--cache-dir", cache]
    install = [*uv, "pip", "install", "--python", python]
    ran(module, *uv, "venv", "--python", sys.executable, str(tmp_path / "environment"))
    ran(module, *install, "--require-hashes", "--requirement", "requirements.lock")
    ran(module, *install, "--constraint", "requirements.lock", *development(module))
    if (module / "src" / name / "train.py").is_file():
        assert "accuracy on unseen" in ran(module, python, "-m", f"{name}.train")
    assert " passed" in ran(module, python, "-m", "pytest")
