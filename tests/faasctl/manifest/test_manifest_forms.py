"""The several ways in which one thing may be written, and where code may come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from faasctl.manifest import check, load
from tests.faasctl.manifest.manifest_samples import HEADS, make, problems_of, write


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def inference(): ...", True),
        ("class inference: ...", True),
        ("inference = print", True),
        ("a, (inference, b) = c", True),
        ("inference: int = 1", True),
        ("from x import inference", True),
        ("from x import y as inference", True),
        ("from x import *", True),
        ("import inference.other", True),
        ("def __getattr__(name): ...", True),
        ("try:\n  import x\nexcept ImportError:\n  def inference(): ...", True),
        ("if a:\n  pass\nelif b:\n  inference = 1", True),
        ("with a as inference: ...", True),
        ("match a:\n  case 1:\n    inference = 1", True),
        ("class A:\n  def inference(self): ...", False),
        ("def f():\n  inference = 1", False),
        ("print(inference)", False),
    ],
)
def test_where_a_function_may_come_from(code: str, found: bool, tmp_path: Path) -> None:  # noqa: FBT001
    root = make(tmp_path)
    write(root, {"serve.py": code + "\n"})
    assert (check(root).module is not None) == found


def test_an_existing_image_brings_its_own_code(tmp_path: Path) -> None:
    head = HEADS["function"].replace("serve.inference", "not.here")
    assert problems_of(make(tmp_path), head + "  image: {existingImageName: a/b:1}\n") == ""


@pytest.mark.parametrize(
    ("entry", "command", "args"),
    [
        ("python -m 'a b'", ("python", "-m", "a b"), ()),
        ("[python, -m, 3]", ("python", "-m", "3"), ()),
        ("{cmd: python a.py}", ("python", "a.py"), ()),
        ("{command: [python], args: [a.py]}", ("python",), ("a.py",)),
        ("{args: a b}", (), ("a", "b")),
    ],
)
def test_ways_to_write_a_command(
    entry: str, command: tuple[str, ...], args: tuple[str, ...], tmp_path: Path
) -> None:
    root = make(tmp_path)
    assert (
        problems_of(root, HEADS["pipeline"] + f"  stages: [{{name: a, entryPoint: {entry}}}]") == ""
    )
    stage = next(one for one in load(root).pipelines if one.name == "pipe").stages[0]
    assert (stage.command, stage.args) == (command, args)


@pytest.mark.parametrize("written", ["fit", "{name: fit}", "{experimentPipeline: {name: fit}}"])
def test_ways_to_continue(written: str, tmp_path: Path) -> None:
    root = make(tmp_path)
    body = f"  stages: [{{name: a, entryPoint: x}}]\n  continueWith: {written}\n"
    assert problems_of(root, HEADS["pipeline"] + body) == ""
    assert next(one for one in load(root).pipelines if one.name == "pipe").continue_with == "fit"


@pytest.mark.parametrize("key", ["oidc", "jwt", "openIdConnect"])
@pytest.mark.parametrize("section", ["restfulApi", "restfulAPI"])
def test_ways_to_write_auth(section: str, key: str, tmp_path: Path) -> None:
    auth = f"{{auth: {{{key}: {{issuer: 'https://a.b', audience: c}}}}}}"
    body = f"  files: {{enabled: true}}\n  {section}: {auth}\n"
    assert problems_of(make(tmp_path), HEADS["api"] + body) == ""
