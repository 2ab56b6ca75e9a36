"""What the pages show is what happens: their commands run, their code and manifests are good."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from faasctl import manifest, process
from tests.docs import doc_pages as pages

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
CONSOLES = [
    page for page in PAGES if any(block.language == "console" for block in pages.blocks(page))
]
BLOCKS = [block for page in PAGES for block in pages.blocks(page)]

#: What a person's own settings are called.
_THEIRS = ("FAASCTL_", "AWS_", "XDG_")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a page is tried: an empty folder, a gateway port, and an environment of its own."""

    folder: Path
    port: int
    environment: dict[str, str]


@pytest.fixture(scope="session")
def cache() -> str:
    """uv's own cache, found before a test hides the user's home."""
    done = process.run([sys.executable, "-m", "uv", "cache", "dir"])
    return os.environ.get("UV_CACHE_DIR") or done.lines[-1]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, cache: str) -> Iterator[Desk]:
    """One home for all pages: what one has built, the next need not build again."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("home")
    own = {name: value for name, value in os.environ.items() if not name.startswith(_THEIRS)}
    environment = {
        **own,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder / "user"),
        "LANG": "C.UTF-8",
        "UV_CACHE_DIR": cache,
        "FAASCTL_HOME": str(folder),
        "FAASCTL_GATEWAY_PORT": str(port),
    }
    yield Desk(folder, port, environment)
    process.run(["faasctl", "local", "stop"], directory=folder, environment=environment)


@pytest.fixture
def desk(home: Desk, tmp_path: Path) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return replace(home, folder=folder)


@pytest.mark.e2e
@pytest.mark.parametrize("page", CONSOLES, ids=lambda page: page.name)
def test_commands_print_what_is_shown(page: Path, desk: Desk) -> None:
    steps = pages.runnable(page)
    file = desk.folder.with_name("page.sh")
    file.write_text(pages.script(steps, desk.port), "utf-8")
    done = process.run(
        ["bash", str(file)], directory=desk.folder, environment=desk.environment, timeout=240
    )
    commands = [step for step in steps if isinstance(step, pages.Command)]
    found = list(pages.outcomes(done.lines, desk.port))
    assert len(found) == len(commands), done.output
    for command, following, (code, printed) in zip_longest(commands, commands[1:], found):
        said = "\n".join(printed)
        if not pages.agree(command.shown, printed):
            pytest.fail(f"{command.place}: {command.words} printed\n{said}")
        if code and not (following and following.asks_for_code):
            pytest.fail(f"{command.place}: {command.words} left with {code}\n{said}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_runs(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": page.stem}
    for block in pages.blocks(page):
        if block.language == "python" and not block.file:
            exec(compile(block.text, block.place, "exec"), names)


def of(language: str) -> list[pages.Block]:
    return [block for block in BLOCKS if block.language == language]


@pytest.mark.parametrize("block", of("yaml"), ids=lambda block: block.place)
def test_manifests_fit_the_schema(block: pages.Block) -> None:
    for document in yaml.safe_load_all(block.text):
        if "apiVersion" in document:
            jsonschema.validate(document, manifest.schema())


@pytest.mark.parametrize("block", of("json"), ids=lambda block: block.place)
def test_json_is_json(block: pages.Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_blocks_have_a_language_that_is_known(block: pages.Block) -> None:
    assert block.language in {"console", "json", "python", "sh", "text", "toml", "yaml"}
