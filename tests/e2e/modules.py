"""Modules of the end-to-end tests: whole ones of the examples, small ones made here."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FUNCTION = Path(__file__).with_name("echo_function.py")

CASE = {
    "request": {"inputs": [{"name": "ask", "datatype": "dict", "data": {"number": 7}}]},
    "expect": {"outputs": [{"name": "answer", "datatype": "dict"}]},
}


def example(name: str, parent: Path) -> Path:
    """A copy of an example, without what earlier runs may have left in it."""
    source = ROOT / "examples" / name
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "."],
        cwd=source,
        capture_output=True,
        text=True,
        check=True,
    )
    for file in listed.stdout.splitlines():
        to = parent / name / file
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes((source / file).read_bytes())
    return parent / name


def echo(
    folder: Path, *, name: str = "echo", version: str = "1", namespace: str = "", **spec: object
) -> Path:
    """A module with one function that does what it is asked for; no dependencies."""
    manifest(folder, name, namespace, **spec)
    write_version(folder, version)
    return folder


def manifest(folder: Path, name: str, namespace: str = "", **spec: object) -> None:
    """Write a function's manifest; `spec` is added to what every function needs."""
    text = yaml.safe_dump(component(name, namespace or folder.name, spec), sort_keys=False)
    file = folder / "manifests" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def component(name: str, namespace: str, spec: Mapping[str, object]) -> dict[str, Any]:
    entry = {"pythonPath": "src", "pythonFunction": "echo.inference"}
    return {
        "apiVersion": "faasctl.dev/v1",
        "kind": "MLComponent",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"mlService": {"inference": {"entryPoint": entry}}, **spec},
    }


def write_version(folder: Path, version: str) -> None:
    """The function's code, answering with that version."""
    write_code(folder, FUNCTION.read_text("utf-8").replace('"1"', f'"{version}"', 1))


def write_code(folder: Path, text: str) -> None:
    file = folder / "src" / "echo.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def write_case(folder: Path, name: str = "seven", case: Mapping[str, object] = CASE) -> None:
    """A golden case of the function."""
    file = folder / "tests" / "cases" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(dict(case)), "utf-8")
