"""What the handler imports: the standard library, and nothing that can wait."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.handlers.handler_fixtures import StartFunction

ROOT = Path(__file__).parents[2]
STANDARD_ONLY = ("contract", "engine", "protocols", "interfaces")


@pytest.mark.parametrize("room", STANDARD_ONLY)
def test_a_room_imports_with_the_standard_library_alone(room: str) -> None:
    names = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in sorted((ROOT / "handlers" / room).glob("**/*.py"))
    ]
    assert names
    code = f"import sys\nsys.path.append({str(ROOT)!r})\n" + "\n".join(
        f"import {name}" for name in names
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


#: Modules that cost more than they give before the first answer.
UNWANTED = {
    "argparse", "boto3", "click", "email.message", "fastapi", "http.client", "multiprocessing",
    "pydantic", "starlette", "typing_extensions", "unittest", "urllib.request", "xml", "yaml",
}  # fmt: skip


def test_the_first_answer_needs_few_modules(start_function: StartFunction) -> None:
    source = """
    import sys
    def inference(parameters, inputs, output_fields, model_key, model=None):
        return [{"name": "modules", "data": sorted(sys.modules)}], 1
    """
    function = start_function(source)
    modules = set(function.call(body={"inputs": []}).json["outputs"][0]["data"])
    assert modules.isdisjoint(UNWANTED)
    assert not any(name.startswith("uvicorn.supervisors") for name in modules)


def test_user_code_that_imports_uvicorn_gets_all_of_it(start_function: StartFunction) -> None:
    source = """
    def inference(parameters, inputs, output_fields, model_key, model=None):
        import uvicorn
        names = [uvicorn.run.__name__, uvicorn.Config.__name__, uvicorn.__version__]
        return [{"name": "names", "data": names}], 1
    """
    function = start_function(source)
    answer = function.call(body={"inputs": []})
    assert answer.json["outputs"][0]["data"][:2] == ["run", "Config"]


def test_a_package_of_the_user_may_be_called_like_a_module_of_ours(
    start_function: StartFunction,
) -> None:
    source = """
    import logs, server
    def inference(parameters, inputs, output_fields, model_key, model=None):
        return [{"name": "y", "data": [logs.VALUE, server.VALUE]}], 1
    """
    files = {"logs.py": "VALUE = 1", "server.py": "VALUE = 2", "start.py": "raise SystemExit"}
    function = start_function(source, files=files)
    assert function.call(body={"inputs": []}).json["outputs"][0]["data"] == [1, 2]
