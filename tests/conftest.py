"""Options and fixtures of all tests."""

from __future__ import annotations

import shutil
from collections.abc import Generator

import pytest

#: Programs that tests call where they are: a machine with Python alone has none of them.
PROGRAMS = ("curl", "git")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the code makes into the golden files",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written, not compared."""
    return bool(request.config.getoption("--update-golden"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(program, …): skipped where a program is missing")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """A test that calls a missing program says so instead of failing."""
    try:
        return (yield)
    except FileNotFoundError as error:
        if error.filename in PROGRAMS and shutil.which(str(error.filename)) is None:
            pytest.skip(f"{error.filename} is not installed")
        raise


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Generator[None, object, object]:
    """So does a fixture."""
    try:
        return (yield)
    except FileNotFoundError as error:
        if error.filename in PROGRAMS and shutil.which(str(error.filename)) is None:
            pytest.skip(f"{error.filename} is not installed")
        raise
