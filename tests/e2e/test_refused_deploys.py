"""New code that does not come up is refused with its reason; the old version serves all along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import modules
from tests.e2e.calls import ask, load
from tests.e2e.world import Desk

IMPORT = '''"""Needs what is not installed."""

print("about to import")
import nothing_of_that_name


def inference(parameters, inputs, output_fields, model_key, model=None):
    return [], model
'''

STUB = "\n\ndef inference(parameters, inputs, output_fields, model_key, model=None): ...\n"

WARMUP = modules.FUNCTION.read_text("utf-8").replace('ask = inputs[0]["data"]', "ask = 1 / 0")

#: Code, what the refusal must name, and what the function had printed before.
BROKEN = {
    "import": (IMPORT, "src/echo.py:4: ModuleNotFoundError", "about to import"),
    "import of a name": (
        f'print("one")\nfrom os import nothing_of_that_name{STUB}',
        "src/echo.py:2: ImportError",
        "one",
    ),
    "syntax": ("x = 1\ndef inference(:\n", "src/echo.py:2", ""),
    "exit": (f'print("two")\nexit("no licence"){STUB}', "src/echo.py:2: SystemExit", "two"),
    "quiet exit": (f"import os\nprint('three')\nos._exit(4){STUB}", "exit code 4", "three"),
    "no function": ("y = 1\n", "src/echo.py has no function or class inference", ""),
    "hang": (
        f'print("four")\nimport time\ntime.sleep(600){STUB}',
        "did not become ready within 3 s; it stood at src/echo.py:3",
        "four",
    ),
    "warmup": (WARMUP, "src/echo.py:24: WarmupError: the warm-up case 'seven'", ""),
}


@pytest.fixture
def serving(desk: Desk, tmp_path: Path) -> Path:
    """A module whose first version is live."""
    module = modules.echo(tmp_path / "echo", warmup="seven")
    modules.write_case(module)
    desk.run("deploy", at=module)
    return module


def test_code_that_does_not_come_up_is_refused_with_file_and_line(
    desk: Desk, serving: Path
) -> None:
    with load(desk.status(serving)["url"], callers=1, pause=0.02) as requests:
        for kind, (code, where, said) in BROKEN.items():
            modules.write_code(serving, code)
            options = ("--timeout", "3") if kind == "hang" else ()
            refused = desk.run("deploy", "--json", *options, at=serving, code=1).value["error"]
            assert where in refused["message"], kind
            assert any(said in line for line in refused.get("log", ())) or not said, (kind, refused)
    assert requests.failures == []
    assert set(requests.versions) == {"1"}
    assert desk.status(serving)["revision"] == "echo-00001"
    assert "not" not in desk.status(serving)["last_error"]
    assert len(desk.functions()) == 1


def test_a_person_reads_the_last_lines_and_then_the_reason(desk: Desk, serving: Path) -> None:
    modules.write_code(serving, IMPORT)
    said = desk.run("deploy", at=serving, code=1)
    *_, lines, error = said.err.rstrip().rsplit("\n", 1)
    assert "about to import" in lines
    assert "src/echo.py:4: ModuleNotFoundError: No module named 'nothing_of_that_name'" in error
    assert said.out == ""


def test_a_warmup_that_fails_names_the_line_that_failed(desk: Desk, serving: Path) -> None:
    modules.write_code(serving, WARMUP)
    said = desk.run("deploy", at=serving, code=1)
    assert "src/echo.py:24: WarmupError" in said.err
    assert "ZeroDivisionError: division by zero" in said.err


def test_one_bad_component_keeps_all_of_a_module_as_they_were(desk: Desk, serving: Path) -> None:
    modules.manifest(serving, "second", "echo")
    desk.run("deploy", at=serving)
    before = {one["name"]: one["revision"] for one in listed(desk, serving)}
    modules.manifest(serving, "second", "echo", env=[{"name": "NEW", "value": "1"}])
    modules.manifest(serving, "echo", "echo", env=[{"name": "X", "secret": "none/KEY"}])
    said = desk.run("deploy", at=serving, code=1)
    assert "the secret none/KEY is missing" in said.err
    assert {one["name"]: one["revision"] for one in listed(desk, serving)} == before
    assert len(desk.functions()) == 2


def test_mended_code_is_deployed_after_a_refusal(desk: Desk, serving: Path) -> None:
    modules.write_code(serving, IMPORT)
    desk.run("deploy", at=serving, code=1)
    modules.write_version(serving, "2")
    assert ask(desk.deployed(serving)["url"]).answer["version"] == "2"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_a_start_limit_must_be_seconds(desk: Desk, serving: Path, seconds: str) -> None:
    desk.run("deploy", "--timeout", seconds, at=serving, code=2)


def listed(desk: Desk, module: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = desk.run("list", "--json", at=module).value["components"]
    return found
