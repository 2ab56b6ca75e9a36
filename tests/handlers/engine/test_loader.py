"""User code found and imported, and what is said when that fails."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.engine.loader import LoadError, load


@pytest.fixture(autouse=True)
def _imports_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(name: str, source: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(textwrap.dedent(source), "utf-8")


FAILURES = [
    ("import nothing_like_that\n", "ModuleNotFoundError", "nothing_like_that", "user_m.py", 1),
    ("x = 1\ndef broken(:\n    pass\n", "SyntaxError", "", "user_m.py", 2),
    ("\n\n1 / 0\n", "ZeroDivisionError", "division by zero", "user_m.py", 3),
    ("import sys\nsys.exit(3)\n", "SystemExit", "exit(3)", "user_m.py", 2),
    ("\nexit(3)\n", "SystemExit", "exit(3)", "user_m.py", 2),
    ("raise KeyboardInterrupt\n", "KeyboardInterrupt", "", "user_m.py", 1),
    ("raise AttributeError('of mine')\n", "AttributeError", "of mine", "user_m.py", 1),
    ("import json\njson.nothing\n", "AttributeError", "nothing", "user_m.py", 2),
    ("x = 1\n", "EntryPointError", "'inference' does not exist", "user_m.py", 1),
    ("inference = 7\n", "EntryPointError", "is not callable", "user_m.py", 1),
    ("import json\njson.loads('{')\n", "JSONDecodeError", "", "user_m.py", 2),
    ("import os\nos.mkdir('d'); os.chdir('d')\n1 / 0\n", "ZeroDivisionError", "", "user_m.py", 3),
]


@pytest.mark.parametrize(("source", "kind", "message", "file", "line"), FAILURES)
def test_a_module_that_does_not_load_is_named_with_file_and_line(
    source: str, kind: str, message: str, file: str, line: int
) -> None:
    write("user_m.py", source)
    with pytest.raises(LoadError) as caught:
        load(".", "user_m.inference")
    failure = caught.value.failure
    assert (failure.kind, failure.file, failure.line) == (kind, file, line)
    assert message in failure.message
    assert f"{file}:{line}: {kind}" in str(caught.value)


def test_the_line_is_the_users_own_where_a_library_failed() -> None:
    write("src/pkg/inner.py", "import json\ndef go():\n    return json.loads('{')\n")
    write("src/pkg/user_m.py", "from pkg.inner import go\n\nVALUE = go()\n")
    with pytest.raises(LoadError) as caught:
        load("src", "pkg.user_m.inference")
    assert (caught.value.failure.file, caught.value.failure.line) == ("src/pkg/inner.py", 3)


@pytest.mark.parametrize("function", ["absent_module.inference", "inference", "user_m."])
def test_an_entry_point_that_is_not_there_is_named(function: str) -> None:
    write("user_m.py", "x = 1\n")
    with pytest.raises(LoadError) as caught:
        load(".", function)
    assert caught.value.failure.message


def test_the_python_path_comes_first_then_the_code_root() -> None:
    write("src/user_m.py", "import beside\ninference = beside.inference\n")
    write("beside.py", "def inference(): return 'root'\n")
    write("user_m.py", "raise RuntimeError('the wrong one')\n")
    assert load("src", "user_m.inference")() == "root"
    assert sys.path[:2] == [str(Path.cwd() / "src"), str(Path.cwd())]


def test_a_method_of_an_object_is_no_module() -> None:
    write("user_m.py", "class A:\n    def inference(self): ...\n")
    with pytest.raises(LoadError, match="user_m"):
        load(".", "user_m.A.inference")
