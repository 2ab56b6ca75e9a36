"""What `faasctl new` makes, with every combination of answers."""

from __future__ import annotations

import itertools
import os
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from faasctl import process
from faasctl.manifest import check
from faasctl.model import DataBox, MLComponent
from faasctl.scaffold import ScaffoldRequest, scaffold

ROOT = Path(__file__).parents[2]
FRAMEWORKS = ("scikit-learn", "onnx", "python")
OPTIONS = list(itertools.product(FRAMEWORKS, ("no", "yes"), ("no", "yes")))
RULES = "E,F,W,I,UP,B,SIM,RET,C4"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def cache() -> str:
    """uv's own cache, found before a test hides the user's home."""
    done = process.run([sys.executable, "-m", "uv", "cache", "dir"])
    return os.environ.get("UV_CACHE_DIR") or done.lines[-1]


def make(parent: Path, name: str = "flowers", **answers: str) -> Path:
    request = ScaffoldRequest(name, parent, answers=answers)
    return scaffold(request, progress=lambda _: None).directory


def files_of(module: Path) -> list[Path]:
    return sorted(path.relative_to(module) for path in module.rglob("*") if _is_ours(path, module))


def _is_ours(path: Path, module: Path) -> bool:
    return path.is_file() and ".git" not in path.relative_to(module).parts


def ruff(module: Path, *words: str) -> None:
    command = [sys.executable, "-m", "ruff", *words, "--isolated", "--line-length", "100", "."]
    done = process.run(command, directory=module)
    assert done.code == 0, done.output


@pytest.mark.parametrize(("framework", "files", "pipeline"), OPTIONS)
@pytest.mark.usefixtures("home")
def test_module_is_whole(tmp_path: Path, framework: str, files: str, pipeline: str) -> None:
    module = make(tmp_path, framework=framework, files=files, pipeline=pipeline)
    checked = check(module)
    assert checked.problems == ()
    assert checked.module is not None
    (function,) = checked.module.functions
    assert checked.module.namespace == "flowers"
    assert function.public == (files == "no")
    assert (function.file_exchange is not None) == (files == "yes")
    assert bool(checked.module.pipelines) == (pipeline == "yes")
    boxes = [one for one in checked.module.components if isinstance(one, DataBox)]
    assert bool(boxes) == ("yes" in (files, pipeline))
    _check_function(module, function)
    for name in files_of(module):
        text = f"{name}\n{(module / name).read_text('utf-8')}"
        assert "{{" not in text, name
        assert "{%" not in text, name
        assert "cookiecutter" not in text, name
        assert not text.endswith("\n\n"), name
        assert "\n\n\n\n" not in text, name


def _check_function(module: Path, function: MLComponent) -> None:
    cases = {path.stem for path in module.glob("tests/cases/*.yaml")}
    assert len(cases) == 3
    assert function.warmup in cases
    assert function.entry_point is not None
    python = function.entry_point.python_function.split(".")[0]
    assert (module / function.entry_point.python_path / python / "predict.py").is_file()
    pyproject = tomllib.loads((module / "pyproject.toml").read_text("utf-8"))
    assert pyproject["project"]["name"] == function.name
    assert pyproject["tool"]["uv"]["build-backend"]["module-name"] == python
    ci = yaml.safe_load((module / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    assert {"run": "faasctl validate"} in ci["jobs"]["check"]["steps"]


@pytest.mark.parametrize("name", ["flowers", "a", "a-rather-long-name-of-thirty-9-letters"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.usefixtures("home")
def test_python_is_clean(tmp_path: Path, framework: str, name: str) -> None:
    module = make(tmp_path, name, framework=framework, files="yes", pipeline="yes")
    for file in module.rglob("*.py"):
        compile(file.read_text("utf-8"), str(file), "exec")
    ruff(module, "check", "--select", RULES)
    ruff(module, "format", "--check")


@pytest.mark.usefixtures("home")
def test_iris_example_is_what_new_makes(tmp_path: Path) -> None:
    module, example = make(tmp_path, "iris"), ROOT / "examples" / "iris"
    for name in files_of(module):
        if name.parts[0] == ".faasctl":
            continue
        text = (module / name).read_text("utf-8")
        first, _, rest = text.partition("\n")
        wanted = rest if "yaml-language-server" in first else text
        assert (example / name).read_text("utf-8") == wanted, name


@pytest.mark.e2e
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.usefixtures("home")
def test_trains_and_passes_its_own_tests(tmp_path: Path, framework: str, cache: str) -> None:
    module = make(tmp_path, framework=framework, files="yes", pipeline="yes")
    python = str(tmp_path / "environment" / "bin" / "python")
    lock = "requirements-train.lock" if framework == "onnx" else "requirements.lock"
    uv = [sys.executable, "-m", "uv", "--quiet", "--cache-dir", cache]
    train = [python, "-m", "flowers.train"]
    _run(module, [*uv, "venv", "--python", sys.executable, str(tmp_path / "environment")])
    install = [*uv, "pip", "install", "--python", python]
    _run(module, [*install, "--require-hashes", "--requirement", lock])
    _run(module, [*install, "--constraint", lock, "pytest>=8", "pyyaml>=6"])
    assert "accuracy on unseen flowers: 0.9" in _run(module, train)
    assert "6 passed" in _run(module, [python, "-m", "pytest"])


def _run(module: Path, command: list[str]) -> str:
    environment = {**os.environ, "PYTHONPATH": "src"}
    done = process.run(command, directory=module, environment=environment)
    assert done.code == 0, done.output
    return done.output
