"""Fixtures of the end-to-end tests; every test here is marked `e2e`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import modules
from tests.e2e.world import Desk, environment, share

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def cache() -> str:
    """uv's own cache, found before a command gets another home."""
    given = os.environ.get("UV_CACHE_DIR")
    if given:
        return given
    words = [sys.executable, "-m", "uv", "cache", "dir"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, cache: str) -> Path:
    """A home in which the handler and the environment without packages are built."""
    place = tmp_path_factory.mktemp("prepared")
    desk = Desk(place / "home", environment(place / "home", place / "user", cache))
    module = modules.echo(place / "echo")
    desk.run("render", at=module)
    return desk.home


@pytest.fixture
def desk(tmp_path: Path, prepared: Path, cache: str) -> Iterator[Desk]:
    """A home that shares what is built, with a state of its own."""
    home = tmp_path / "home"
    share(prepared, home)
    made = Desk(home, environment(home, tmp_path / "user", cache))
    yield made
    made.close()


@pytest.fixture
def bare_desk(tmp_path: Path, cache: str) -> Iterator[Desk]:
    """A home in which nothing is built."""
    home = tmp_path / "home"
    made = Desk(home, environment(home, tmp_path / "user", cache))
    yield made
    made.close()


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """The module with one function that does what it is asked for."""
    return modules.echo(tmp_path / "echo")
